export interface Difference {
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
}

const ANSWER = '1: answer to /1, asked /1';
const RESET = '1: reset';
const ENDED = 'ended';
const NOTHING = 'nothing';

const differ = (ours: string, theirs: string, why: string): Difference => ({ ours, theirs, why });

const grpcVerb = 'gRPC is POST; the library does not look at the method';
const grpcType = 'Checks are protobuf; the library takes whatever begins with application/grpc';
const fieldName = 'RFC 9113, 8.2.1: such a name is malformed; nghttp2 drops the field';
const fieldValue =
  'RFC 9113, 8.2.1: such a value is malformed; nghttp2 is told by Node to let it pass';
const streamError = 'RFC 9113 has it as an error of the stream; nghttp2 ends the connection';
const closedStream =
  'RFC 9113, 5.1, allows either; nghttp2 ignores what comes for a stream that has gone';
const encoding =
  'messages are not decompressed, which has to be said before; the library sees to it per message';
const farewell = 'the peer hangs up when it is done; Node does once it is told to';

/** By case: where the two sources differ in what they make of it, and why that is right. */
export const differences: Readonly<Record<string, Difference>> = {
  'HEADERS that depend on themselves': differ(RESET, ENDED, streamError),
  'a message marked as compressed': differ(
    '1: status 13',
    '1: answer to -, asked -',
    'without grpc-encoding that is an error, says the protocol; the library ignores the mark',
  ),
  GET: differ('1: HTTP 405', ANSWER, grpcVerb),
  PUT: differ('1: HTTP 405', ANSWER, grpcVerb),
  CONNECT: differ(RESET, '1: HTTP 415', 'a request without a path is not looked at further'),
  'no :authority': differ(
    ANSWER,
    RESET,
    'RFC 9113, 8.3.1, does not ask for it, and nobody reads it; nghttp2 asks for it or for host',
  ),
  'content-type with +json': differ('1: HTTP 415', ANSWER, grpcType),
  'content-type of grpc-web': differ('1: HTTP 415', ANSWER, grpcType),
  'a name with a space': differ(RESET, ANSWER, fieldName),
  'a name with a colon': differ(RESET, ANSWER, fieldName),
  'an empty name': differ(RESET, ANSWER, fieldName),
  'a value with NUL': differ(RESET, ANSWER, fieldValue),
  'a value with a line feed': differ(RESET, ANSWER, fieldValue),
  'a value with a space in front': differ(RESET, ANSWER, fieldValue),
  'a value with a tab behind': differ(RESET, ANSWER, fieldValue),
  'a value beyond ASCII': differ(
    '1: answer to /1, asked /1 caf\xe9',
    ANSWER,
    'it is passed on as it is; the library drops such metadata, and logs that',
  ),
  'content-length that is too small': differ(RESET, ENDED, streamError),
  'content-length twice, and equal': differ(
    ANSWER,
    RESET,
    'RFC 9110, 8.6, allows to take them for one; nghttp2 does not',
  ),
  'grpc-timeout of nine digits': differ(
    '1: status 13',
    ANSWER,
    'the protocol has at most eight; the library takes more',
  ),
  'grpc-encoding of gzip': differ('1: status 12', ANSWER, encoding),
  'grpc-encoding that nobody knows': differ('1: status 12', ANSWER, encoding),
  '130 fields': differ('1: HTTP 431', RESET, 'both refuse so many; nghttp2 does not say why'),
  'DATA after a reset by the client': differ(ENDED, NOTHING, closedStream),
  'HEADERS with a smaller id': differ(ENDED, '5: answer to /5, asked /5', closedStream),
  'HEADERS on a stream that was used': differ(ENDED, ANSWER, closedStream),
  'PRIORITY on stream 0': differ(
    ENDED,
    NOTHING,
    'RFC 9113, 6.3: an error of the connection; nghttp2 no longer looks at priorities',
  ),
  'PRIORITY of a wrong length': differ(RESET, ENDED, streamError),
  'PRIORITY on itself': differ(
    RESET,
    ANSWER,
    'malformed in RFC 7540, 5.3.1; nghttp2 no longer looks at priorities',
  ),
  'an ACK of SETTINGS that were not sent': differ(
    ANSWER,
    ENDED,
    'it does no harm, and is counted as a frame that carries no request',
  ),
  PING: differ(ANSWER, ENDED, 'an ACK of no PING does no harm; Node ends the connection'),
  GOAWAY: differ(ANSWER, ENDED, farewell),
  'GOAWAY with an error': differ(NOTHING, ENDED, farewell),
  'WINDOW_UPDATE of a stream by 0': differ(RESET, ENDED, streamError),
  'WINDOW_UPDATE of a stream above the largest': differ(RESET, ENDED, streamError),
  'more streams than there may be': differ(
    '17: reset',
    ENDED,
    'REFUSED_STREAM, which the client may try again; Node ends the connection',
  ),
};
