package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/http2/hpack"
	"golang.org/x/sys/unix"
)

const (
	readBytes = 256 << 10
	// Received bytes after which the server's window is opened again; Envoy's windows are far larger.
	creditBytes = 1 << 20
)

// A call is a check in flight.
type call struct {
	stream   uint32 // 0 = free
	question int32
	due      int64 // ns
	partial  []byte
	seen     bool // the message has come
	code     int
	http     int
	fault    string
}

// A connection is an HTTP/2 client of one server that makes only the frames that Envoy makes.
type connection struct {
	fd      int
	corpus  *corpus
	out     []byte
	in      []byte
	filled  int
	blocked bool // the socket takes no more
	// Whether epoll is asked to tell when it does.
	watchesOut bool
	decoder    *hpack.Decoder
	// Of the block that is being decoded.
	status, grpcStatus string

	calls    []call // by stream id, a ring
	oldest   uint32 // no stream below is in flight
	next     uint32
	inFlight int
	limit    int // checks in flight at most
	streams  int // as asked for; the server may allow fewer
	window   int64
	received int
	asked    int
	settled  bool // the server's SETTINGS have come
	retired  bool // takes no more checks
	extra    bool // opened because all others were full
}

// settle is told how a call ended: fault is "" for an answer.
type settle func(c *call, fault string)

func dial(address string, c *corpus, streams int) (*connection, error) {
	fd, err := connect(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	ring := 4096
	for ring < 16*streams {
		ring *= 2
	}
	k := &connection{
		fd: fd, corpus: c, in: make([]byte, readBytes), calls: make([]call, ring),
		oldest: 1, next: 1, streams: streams, limit: streams, window: firstWindow,
	}
	k.decoder = hpack.NewDecoder(tableSize, func(f hpack.HeaderField) {
		switch f.Name {
		case ":status":
			k.status = f.Value
		case "grpc-status":
			k.grpcStatus = f.Value
		}
	})
	k.out = append(append(k.out, preface...), c.settings...)
	return k, nil
}

func connect(address string) (int, error) {
	family, target := unix.AF_UNIX, unix.Sockaddr(&unix.SockaddrUnix{Name: address})
	if !strings.Contains(address, "/") {
		tcp, err := net.ResolveTCPAddr("tcp4", address)
		if err != nil {
			return -1, err
		}
		family, target = unix.AF_INET, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = unix.Connect(fd, target); err == nil && family == unix.AF_INET {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (k *connection) room() bool {
	return k.settled && !k.retired && k.inFlight < k.limit && k.window >= int64(k.corpus.longest)
}

// ask writes a check to the buffer; flush sends it.
func (k *connection) ask(number int32, due int64, entropy uint64) {
	c := k.slot(k.next)
	partial := c.partial[:0]
	*c = call{stream: k.next, question: number, due: due, partial: partial}
	q := &k.corpus.questions[number]
	block := k.corpus.later
	if k.next == 1 {
		block = k.corpus.first
	}
	k.out = appendFrameHeader(k.out, len(block), frameHeaders, flagEndHeaders, k.next)
	k.out = append(k.out, block...)
	k.out = appendFrameHeader(k.out, len(q.message), frameData, flagEndStream, k.next)
	start := len(k.out)
	k.out = append(k.out, q.message...)
	if q.requestID > 0 {
		putHex(k.out[start+q.requestID:], uint32(entropy))
		putHex(k.out[start+q.requestID+24:], uint32(entropy>>32))
	}
	if q.parentID > 0 {
		putHex(k.out[start+q.parentID:], uint32(entropy>>16))
		putHex(k.out[start+q.parentID+8:], uint32(entropy))
	}
	k.window -= int64(len(q.message))
	k.next += 2
	k.inFlight++
	k.asked++
}

func (k *connection) slot(stream uint32) *call {
	return &k.calls[int(stream>>1)&(len(k.calls)-1)]
}

// flush writes what the socket takes.
func (k *connection) flush() error {
	for len(k.out) > 0 {
		n, err := unix.Write(k.fd, k.out)
		if errors.Is(err, unix.EAGAIN) {
			k.blocked = true
			return nil
		}
		if err != nil {
			return err
		}
		if n == len(k.out) {
			k.out = k.out[:0]
		} else {
			k.out = k.out[:copy(k.out, k.out[n:])]
		}
	}
	k.blocked = false
	return nil
}

// receive reads once and hands on what has ended.
func (k *connection) receive(done settle) error {
	n, err := unix.Read(k.fd, k.in[k.filled:])
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("closed by the server")
	}
	k.filled += n
	input := k.in[:k.filled]
	for {
		f, size := nextFrame(input)
		if size == 0 {
			break
		}
		if err := k.handle(f, done); err != nil {
			return err
		}
		input = input[size:]
	}
	k.filled = copy(k.in, input)
	if k.received >= creditBytes {
		k.out = appendUint32Frame(k.out, frameWindowUpdate, 0, uint32(k.received))
		k.received = 0
	}
	return nil
}

func (k *connection) handle(f frame, done settle) error {
	switch f.kind {
	case frameData:
		return k.data(f, done)
	case frameHeaders:
		return k.headers(f, done)
	case frameContinuation:
		return errors.New("CONTINUATION: header blocks this long are not expected")
	case frameReset:
		if c := k.inFlightCall(f.stream); c != nil {
			k.end(c, resetFault(f), done)
		}
	case frameSettings:
		return k.settings(f)
	case framePing:
		if f.flags&flagAck == 0 {
			k.out = append(appendFrameHeader(k.out, len(f.payload), framePing, flagAck, 0), f.payload...)
		}
	case frameGoAway:
		return k.goAway(f, done)
	case frameWindowUpdate:
		if f.stream == 0 && len(f.payload) == 4 {
			k.window += int64(binary.BigEndian.Uint32(f.payload))
		}
	}
	return nil
}

func (k *connection) settings(f frame) error {
	if f.flags&flagAck != 0 {
		return nil
	}
	for p := f.payload; len(p) >= 6; p = p[6:] {
		value := binary.BigEndian.Uint32(p[2:])
		switch binary.BigEndian.Uint16(p) {
		case settingHeaderTableSize:
			if value < tableSize {
				return fmt.Errorf("a header table of %d bytes; Envoy's blocks were made for %d", value, tableSize)
			}
		case settingMaxConcurrentStreams:
			k.limit = min(k.streams, int(value))
		case settingInitialWindowSize:
			if int(value) < k.corpus.longest {
				return fmt.Errorf("a stream window of %d bytes; a check has up to %d", value, k.corpus.longest)
			}
		}
	}
	k.settled = true
	k.out = appendFrameHeader(k.out, 0, frameSettings, flagAck, 0)
	return nil
}

func (k *connection) goAway(f frame, done settle) error {
	if len(f.payload) < 8 {
		return errors.New("GOAWAY is too short")
	}
	k.retired = true
	last := binary.BigEndian.Uint32(f.payload) & 0x7fffffff
	for stream := k.oldest; stream < k.next; stream += 2 {
		if c := k.inFlightCall(stream); c != nil && stream > last {
			k.end(c, "goaway", done)
		}
	}
	return nil
}

func (k *connection) data(f frame, done settle) error {
	k.received += len(f.payload)
	c := k.inFlightCall(f.stream)
	if c == nil {
		return nil
	}
	payload, ok := unpadded(f)
	if !ok {
		return errors.New("DATA with more padding than bytes")
	}
	if len(c.partial) > 0 || len(payload) < grpcPrefix || grpcLength(payload) > len(payload)-grpcPrefix {
		c.partial = append(c.partial, payload...)
		payload = c.partial
	}
	if len(payload) >= grpcPrefix && grpcLength(payload) <= len(payload)-grpcPrefix {
		c.readMessage(payload)
		c.partial = c.partial[:0]
	}
	if f.flags&flagEndStream != 0 {
		k.end(c, "no trailers", done)
	}
	return nil
}

func grpcLength(message []byte) int {
	return int(binary.BigEndian.Uint32(message[1:]))
}

func (c *call) readMessage(bytes []byte) {
	if c.seen || bytes[0] != 0 || grpcLength(bytes) != len(bytes)-grpcPrefix {
		c.fault = "not one plain message"
		return
	}
	var ok bool
	if c.code, c.http, ok = readAnswer(bytes[grpcPrefix:]); !ok {
		c.fault = "no CheckResponse"
	}
	c.seen = true
}

func (k *connection) headers(f frame, done settle) error {
	block, ok := unpadded(f)
	if !ok || f.flags&flagEndHeaders == 0 {
		return errors.New("HEADERS that cannot be read")
	}
	k.status, k.grpcStatus = "", ""
	if _, err := k.decoder.Write(block); err != nil {
		return err
	}
	if err := k.decoder.Close(); err != nil {
		return err
	}
	c := k.inFlightCall(f.stream)
	if c == nil {
		return nil
	}
	if k.status != "" && k.status != "200" {
		c.fault = ":status " + k.status
	}
	if f.flags&flagEndStream == 0 {
		return nil
	}
	fault := c.fault
	switch {
	case fault != "":
	case k.grpcStatus != "0":
		fault = "grpc-status " + k.grpcStatus
	case !c.seen:
		fault = "no message"
	}
	k.end(c, fault, done)
	return nil
}

func (k *connection) inFlightCall(stream uint32) *call {
	if c := k.slot(stream); stream > 0 && c.stream == stream {
		return c
	}
	return nil
}

func (k *connection) end(c *call, fault string, done settle) {
	c.stream = 0
	k.inFlight--
	done(c, fault)
}

// expire cancels the checks that were due before an instant and are still without an answer.
func (k *connection) expire(before int64, done settle) {
	for ; k.oldest < k.next; k.oldest += 2 {
		c := k.inFlightCall(k.oldest)
		if c == nil {
			continue
		}
		if c.due >= before {
			return
		}
		k.out = appendUint32Frame(k.out, frameReset, c.stream, codeCancel)
		k.end(c, "timeout", done)
	}
}

// abandon ends all checks in flight, and the connection.
func (k *connection) abandon(done settle) {
	for i := range k.calls {
		if k.calls[i].stream != 0 {
			k.end(&k.calls[i], "connection", done)
		}
	}
	unix.Close(k.fd)
	k.retired = true
}

// full tells whether the next stream would take the place of one in flight in the ring.
func (k *connection) full() bool {
	return k.slot(k.next).stream != 0
}

const hexDigits = "0123456789abcdef"

func putHex(into []byte, value uint32) {
	for i := 7; i >= 0; i-- {
		into[i] = hexDigits[value&15]
		value >>= 4
	}
}
