package main

import (
	"fmt"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	longest  = int64(time.Minute)
	examples = 5
)

// A result counts the checks that were due within the measured window.
type result struct {
	Seconds  float64          `json:"seconds"`
	Checks   int64            `json:"checks"`
	Answers  map[string]int64 `json:"answers"`
	Failed   map[string]int64 `json:"failed"`
	Examples []string         `json:"examples"`
	// LatencyNs: from when a check was due.
	LatencyNs percentiles `json:"latencyNs"`
	// LatenessNs: from when a check of an open loop was due to when it was written; what the generator or a
	// full connection added.
	LatenessNs  percentiles `json:"latenessNs"`
	CPUSeconds  float64     `json:"cpuSeconds"`
	Connections int         `json:"connections"`

	latency, lateness *hdrhistogram.Histogram
}

type percentiles struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
}

func newResult() *result {
	return &result{
		Answers: map[string]int64{}, Failed: map[string]int64{}, Examples: []string{},
		latency: hdrhistogram.New(1000, longest, 3), lateness: hdrhistogram.New(1000, longest, 3),
	}
}

func (r *result) fail(kind string, want answer, got string) {
	r.Failed[kind]++
	if len(r.Examples) < examples {
		r.Examples = append(r.Examples, fmt.Sprintf("%s: %s (%s) expected, got %s", kind, want.Name, want, got))
	}
}

func (r *result) close(window time.Duration, cpu time.Duration) {
	r.Seconds = window.Seconds()
	r.CPUSeconds = cpu.Seconds()
	r.LatencyNs, r.LatenessNs = summary(r.latency), summary(r.lateness)
}

func summary(h *hdrhistogram.Histogram) percentiles {
	return percentiles{
		h.ValueAtQuantile(50), h.ValueAtQuantile(90), h.ValueAtQuantile(99), h.ValueAtQuantile(99.9), h.Max(),
	}
}

func (a answer) String() string {
	return fmt.Sprintf("code %d, HTTP %d", a.Code, a.HTTP)
}

// cpuTime is the user and system time of this process.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
