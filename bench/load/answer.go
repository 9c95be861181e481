package main

import "encoding/binary"

// readAnswer finds in a CheckResponse the code of status (1.1) and the HTTP status of denied_response
// (2.1.1) or error_response (5.1.1). ok is false when the bytes are no CheckResponse.
func readAnswer(message []byte) (code, http int, ok bool) {
	ok = fields(message, func(number int, value uint64, bytes []byte) bool {
		switch number {
		case 1:
			return fields(bytes, func(number int, value uint64, _ []byte) bool {
				if number == 1 {
					code = int(value)
				}
				return true
			})
		case 2, 5:
			return fields(bytes, func(number int, _ uint64, bytes []byte) bool {
				if number != 1 {
					return true
				}
				return fields(bytes, func(number int, value uint64, _ []byte) bool {
					if number == 1 {
						http = int(value)
					}
					return true
				})
			})
		}
		return true
	})
	return code, http, ok
}

// fields calls each for every field of a protobuf message, and returns false when it cannot be read.
func fields(message []byte, each func(number int, value uint64, bytes []byte) bool) bool {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return false
		}
		message = message[n:]
		var value uint64
		var bytes []byte
		switch tag & 7 {
		case 0:
			if value, n = binary.Uvarint(message); n <= 0 {
				return false
			}
		case 1:
			n = 8
		case 2:
			length, size := binary.Uvarint(message)
			if size <= 0 || length > uint64(len(message)-size) {
				return false
			}
			n = size + int(length)
			bytes = message[size:n]
		case 5:
			n = 4
		default:
			return false
		}
		if n > len(message) || !each(int(tag>>3), value, bytes) {
			return false
		}
		message = message[n:]
	}
	return true
}
