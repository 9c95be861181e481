package main

import "encoding/binary"

// Of a stream that the server says it has not begun to look at.
const faultRefusedStream = "refused stream"

// settle judges how a check ended.
func (g *generator) settle(c *call, fault string) {
	if c.due < g.start || c.due >= g.end {
		return
	}
	want := g.corpus.answers[g.corpus.questions[c.question].answer]
	at, took := c.due-g.start, min(g.now()-c.due, longest)
	got := answer{Code: c.code, HTTP: c.http}
	switch {
	case g.refusals && took > int64(g.timeout):
		g.result.fail("timeout", at, want, "nothing in time")
	case fault == "" && got.Code == want.Code && got.HTTP == want.HTTP:
		g.result.right(want.Name, at, took)
	case g.refusals && isRefusal(got, fault):
		g.result.refused(at, took)
	case fault == "":
		g.result.fail("wrong", at, want, got.String())
	case fault == "timeout" || fault == "reset" || fault == "goaway" || fault == "connection":
		g.result.fail(fault, at, want, "nothing")
	case fault == faultRefusedStream:
		g.result.fail("reset", at, want, "nothing")
	default:
		g.result.fail("wrong", at, want, fault)
	}
}

// gRPC codes.
const (
	deadlineExceeded = 4
	unavailable      = 14
)

// isRefusal tells whether the server says that it cannot: a 503, which is no answer about the caller.
func isRefusal(got answer, fault string) bool {
	switch fault {
	case "":
		return got.HTTP == 503 && (got.Code == unavailable || got.Code == deadlineExceeded)
	case "grpc-status 4", "grpc-status 8", "grpc-status 14", faultRefusedStream:
		return true
	}
	return false
}

// resetFault is what a call ends with whose stream the server has reset.
func resetFault(f frame) string {
	if len(f.payload) == 4 && binary.BigEndian.Uint32(f.payload) == codeRefusedStream {
		return faultRefusedStream
	}
	return "reset"
}
