package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	requestIDLength = 36 // a UUID as text
	parentIDLength  = 16 // of a traceparent, in hex
)

// An answer is what a check is to be answered with.
type answer struct {
	Name string `json:"name"`
	// Code is the gRPC code in CheckResponse.status.
	Code int `json:"code"`
	// HTTP is the status in denied_response; 0 = none.
	HTTP int `json:"http"`
}

// A question is one CheckRequest, framed for gRPC.
type question struct {
	message []byte
	answer  uint8
	// Where in message the values stand that differ from request to request; 0 = nowhere.
	requestID, parentID int
}

// A corpus holds what is asked, and the bytes that an Envoy sent around it.
type corpus struct {
	// settings is what Envoy sends after the preface: SETTINGS and WINDOW_UPDATE, framed.
	settings []byte
	// first and later are Envoy's header blocks: of the first request of a connection, which fills the
	// dynamic table of HPACK, and of all that come after.
	first, later []byte
	answers      []answer
	questions    []question
	longest      int
}

// readCorpus reads a line of JSON and then records: length of the message (uint32), index of the answer
// (uint8), offsets of the request id and of the parent id (uint16), all little endian, and the message.
func readCorpus(path string) (*corpus, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reader := bufio.NewReader(bytes.NewReader(content))
	line, err := reader.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: no first line", path)
	}
	var head struct {
		Settings, First, Later string
		Answers                []answer
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("%s: first line: %w", path, err)
	}
	c := &corpus{answers: head.Answers}
	for name, part := range map[string]struct {
		text string
		into *[]byte
	}{"settings": {head.Settings, &c.settings}, "first": {head.First, &c.first}, "later": {head.Later, &c.later}} {
		if *part.into, err = hex.DecodeString(part.text); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, name, err)
		}
	}
	for {
		q, err := readQuestion(reader, len(c.answers))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: record %d: %w", path, len(c.questions), err)
		}
		c.questions = append(c.questions, q)
		c.longest = max(c.longest, len(q.message))
	}
	if len(c.questions) == 0 {
		return nil, fmt.Errorf("%s: no records", path)
	}
	return c, nil
}

func readQuestion(reader io.Reader, answers int) (question, error) {
	var head struct {
		Length   uint32
		Answer   uint8
		Request  uint16
		ParentID uint16
	}
	if err := binary.Read(reader, binary.LittleEndian, &head); err != nil {
		return question{}, err
	}
	if int(head.Answer) >= answers {
		return question{}, fmt.Errorf("answer %d of %d", head.Answer, answers)
	}
	if head.Length > maxFrame-grpcPrefix {
		return question{}, fmt.Errorf("%d bytes do not fit into one frame", head.Length)
	}
	message := make([]byte, grpcPrefix+head.Length)
	binary.BigEndian.PutUint32(message[1:], head.Length)
	if _, err := io.ReadFull(reader, message[grpcPrefix:]); err != nil {
		return question{}, errors.New("ends in the middle")
	}
	q := question{message: message, answer: head.Answer}
	for _, place := range []struct {
		offset uint16
		length int
		into   *int
	}{{head.Request, requestIDLength, &q.requestID}, {head.ParentID, parentIDLength, &q.parentID}} {
		if place.offset == 0 {
			continue
		}
		*place.into = grpcPrefix + int(place.offset)
		if *place.into+place.length > len(message) {
			return question{}, errors.New("an offset is past the end")
		}
	}
	return q, nil
}
