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
	Seconds float64 `json:"seconds"`
	// Due: checks of an open loop, whatever became of them.
	Due      int64            `json:"due"`
	Checks   int64            `json:"checks"`
	Answers  map[string]int64 `json:"answers"`
	Failed   map[string]int64 `json:"failed"`
	Examples []string         `json:"examples"`
	// LatencyNs: from when a check was due.
	LatencyNs percentiles `json:"latencyNs"`
	// RefusalNs: the same of refusals.
	RefusalNs percentiles `json:"refusalNs"`
	// LatenessNs: from when a check of an open loop was due to when it was written; what the generator or a
	// full connection added.
	LatenessNs percentiles `json:"latenessNs"`
	// BehindNs: from when a check of an open loop was due to when the generator saw to it; what it added.
	BehindNs    percentiles `json:"behindNs"`
	CPUSeconds  float64     `json:"cpuSeconds"`
	Connections int         `json:"connections"`
	// Slices of the window, by when checks were due.
	Slices []slice `json:"slices"`

	latency, refusals, lateness, behind *hdrhistogram.Histogram
	sliceNs                             int64
}

type percentiles struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
}

type slice struct {
	Checks int64 `json:"checks"`
	Failed int64 `json:"failed"`
	P99Ns  int64 `json:"p99Ns"`

	latency *hdrhistogram.Histogram
}

// newResult: of a window, told in slices unless sliceLength is 0.
func newResult(window, sliceLength time.Duration) *result {
	histogram := func() *hdrhistogram.Histogram { return hdrhistogram.New(1000, longest, 3) }
	r := &result{
		Answers: map[string]int64{}, Failed: map[string]int64{}, Examples: []string{}, Slices: []slice{},
		latency: histogram(), refusals: histogram(), lateness: histogram(), behind: histogram(),
		sliceNs: int64(sliceLength),
	}
	for at := time.Duration(0); sliceLength > 0 && at < window; at += sliceLength {
		r.Slices = append(r.Slices, slice{latency: hdrhistogram.New(1000, longest, 2)})
	}
	return r
}

// right counts a right answer; at: when the check was due, from the start of the window.
func (r *result) right(name string, at, took int64) {
	r.Checks++
	r.Answers[name]++
	_ = r.latency.RecordValue(took)
	if r.sliceNs > 0 {
		s := &r.Slices[at/r.sliceNs]
		s.Checks++
		_ = s.latency.RecordValue(took)
	}
}

func (r *result) refused(at, took int64) {
	r.count("refused", at)
	_ = r.refusals.RecordValue(took)
}

func (r *result) fail(kind string, at int64, want answer, got string) {
	r.count(kind, at)
	if len(r.Examples) < examples {
		r.Examples = append(r.Examples, fmt.Sprintf("%s: %s (%s) expected, got %s", kind, want.Name, want, got))
	}
}

// count counts a check without a right answer.
func (r *result) count(kind string, at int64) {
	r.Failed[kind]++
	if r.sliceNs > 0 {
		r.Slices[at/r.sliceNs].Failed++
	}
}

func (r *result) close(window time.Duration, cpu time.Duration) {
	r.Seconds = window.Seconds()
	r.CPUSeconds = cpu.Seconds()
	r.LatencyNs, r.RefusalNs = summary(r.latency), summary(r.refusals)
	r.LatenessNs, r.BehindNs = summary(r.lateness), summary(r.behind)
	for i := range r.Slices {
		r.Slices[i].P99Ns = r.Slices[i].latency.ValueAtQuantile(99)
	}
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
