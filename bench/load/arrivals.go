package main

import "math"

// arrivals says when the checks of an open loop are due.
type arrivals struct {
	poisson bool
	mean    float64 // ns between two
	before  float64 // the same, of those before turn
	turn    int64   // ns
	at      float64 // ns
	random  *splitMix
}

func (a *arrivals) next() int64 {
	due := int64(a.at)
	mean := a.mean
	if due < a.turn {
		mean = a.before
	}
	if a.poisson {
		a.at += -math.Log(1-a.random.float()) * mean
	} else {
		a.at += mean
	}
	return due
}

// splitMix is SplitMix64 (Steele, Lea and Flood, 2014): every seed gives another, repeatable sequence.
type splitMix struct{ state uint64 }

func (s *splitMix) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float is in [0, 1).
func (s *splitMix) float() float64 {
	return float64(s.next()>>11) / (1 << 53)
}
