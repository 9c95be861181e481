package main

import "encoding/binary"

// RFC 9113, section 6.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameWindowUpdate = 0x8
	frameContinuation = 0x9

	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20

	settingHeaderTableSize      = 0x1
	settingMaxConcurrentStreams = 0x3
	settingInitialWindowSize    = 0x4

	codeRefusedStream = 0x7
	codeCancel        = 0x8

	preface     = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameHeader = 9
	maxFrame    = 16384
	grpcPrefix  = 5
	tableSize   = 4096
	firstWindow = 65535
)

type frame struct {
	kind, flags uint8
	stream      uint32
	payload     []byte
}

// nextFrame reads a frame off the front of input; n = 0 when it is not there as a whole yet.
func nextFrame(input []byte) (f frame, n int) {
	if len(input) < frameHeader {
		return f, 0
	}
	length := int(input[0])<<16 | int(input[1])<<8 | int(input[2])
	if len(input) < frameHeader+length {
		return f, 0
	}
	return frame{
		kind:    input[3],
		flags:   input[4],
		stream:  binary.BigEndian.Uint32(input[5:]) & 0x7fffffff,
		payload: input[frameHeader : frameHeader+length],
	}, frameHeader + length
}

func appendFrameHeader(out []byte, length int, kind, flags uint8, stream uint32) []byte {
	out = append(out, byte(length>>16), byte(length>>8), byte(length), kind, flags)
	return binary.BigEndian.AppendUint32(out, stream)
}

func appendUint32Frame(out []byte, kind uint8, stream, value uint32) []byte {
	return binary.BigEndian.AppendUint32(appendFrameHeader(out, 4, kind, 0, stream), value)
}

// unpadded takes padding, and the priority of HEADERS, off a payload.
func unpadded(f frame) ([]byte, bool) {
	payload, padding := f.payload, 0
	if f.flags&flagPadded != 0 {
		if len(payload) == 0 {
			return nil, false
		}
		padding, payload = int(payload[0]), payload[1:]
	}
	if f.kind == frameHeaders && f.flags&flagPriority != 0 {
		if len(payload) < 5 {
			return nil, false
		}
		payload = payload[5:]
	}
	if padding > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-padding], true
}
