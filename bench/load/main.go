// Command load asks an ext_authz service as an Envoy does and says how it answered.
//
// It writes to standard output a line {"event":"start"} when the measured window opens,
// {"event":"end"} when it closes, and then the result as one line of JSON. Everything runs on one
// thread around one epoll: no goroutine, lock or allocation per check, so that one core offers more
// checks than any server under test can answer.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

type options struct {
	address       string
	corpus        string
	loop          string
	rate          float64
	rateBefore    float64
	connections   int
	poolMax       int
	streams       int
	perConnection int
	pending       int
	refusals      bool
	timeout       time.Duration
	warmup        time.Duration
	duration      time.Duration
	slice         time.Duration
	pace          time.Duration
	seed          uint64
	skip          int
}

func parseOptions(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("load", flag.ContinueOnError)
	set.StringVar(&o.address, "address", "127.0.0.1:50051", "host:port of the service, or the path of a Unix socket")
	set.StringVar(&o.corpus, "corpus", "", "file with what to ask and the answers to expect")
	set.StringVar(&o.loop, "loop", "closed", "closed, constant or poisson")
	set.Float64Var(&o.rate, "rate", 0, "checks per second of an open loop, over all connections")
	set.Float64Var(&o.rateBefore, "rate-before", 0, "the rate before the measured window; 0 = the same")
	set.IntVar(&o.connections, "connections", 4, "connections")
	set.IntVar(&o.poolMax, "pool", 0, "connections that one may become when it is full, each with checks of its own; 0 = any check goes to any")
	set.IntVar(&o.streams, "streams", 50, "checks in flight per connection at most; never more than the server allows")
	set.IntVar(&o.perConnection, "per-connection", 0, "checks after which a connection is replaced; 0 = never")
	set.IntVar(&o.pending, "pending", 0, "checks of an open loop that wait for a free stream at most, in each pool; 0 = any number")
	set.BoolVar(&o.refusals, "refusals", false, "tell answers that say that the server cannot from wrong ones")
	set.DurationVar(&o.timeout, "timeout", 200*time.Millisecond, "after which a check is cancelled and counted as failed")
	set.DurationVar(&o.warmup, "warmup", time.Second, "time before the measured window")
	set.DurationVar(&o.duration, "duration", 5*time.Second, "the measured window")
	set.DurationVar(&o.slice, "slice", 0, "length of the slices that the window is also told in; 0 = none")
	set.DurationVar(&o.pace, "pace", 0, "time between looks at sockets and arrivals at least: few and large ones cost less")
	set.Uint64Var(&o.seed, "seed", 1, "of arrival times and request ids")
	set.IntVar(&o.skip, "skip", 0, "where in the corpus to begin")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("unknown argument: %s", set.Arg(0))
	case o.corpus == "":
		return o, errors.New("-corpus is missing")
	case o.loop != "closed" && o.loop != "constant" && o.loop != "poisson":
		return o, fmt.Errorf("-loop is %q; closed, constant and poisson exist", o.loop)
	case o.loop == "closed" && (o.rate != 0 || o.rateBefore != 0):
		return o, errors.New("-rate is for open loops: -loop constant or -loop poisson")
	case o.loop != "closed" && o.rate <= 0:
		return o, fmt.Errorf("-loop %s needs a -rate above 0", o.loop)
	case o.connections < 1 || o.streams < 1:
		return o, errors.New("-connections and -streams are at least 1")
	case o.perConnection < 0 || o.skip < 0 || o.poolMax < 0 || o.pending < 0 || o.rateBefore < 0:
		return o, errors.New("-per-connection, -pool, -pending, -rate-before and -skip are at least 0")
	case o.duration <= 0 || o.warmup < 0 || o.timeout <= 0 || o.slice < 0 || o.pace < 0:
		return o, errors.New("-duration and -timeout are above 0, -warmup, -slice and -pace not below")
	}
	return o, nil
}

func run(args []string) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	corpus, err := readCorpus(o.corpus)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	g, err := newGenerator(o, corpus)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	result, err := g.run(func(event string) { _ = out.Encode(map[string]string{"event": event}) })
	if err != nil {
		return err
	}
	return out.Encode(result)
}

func main() {
	err := run(os.Args[1:])
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "load: "+strings.TrimSpace(err.Error()))
	os.Exit(1)
}
