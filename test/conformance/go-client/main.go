// Command go-client asks a Check service with Go's gRPC library.
//
//	go-client -address host:port check -checks 4000 -connections 4 -in-flight 50
//
// reads from stdin what to ask in turn, {"name": "base64 of a CheckRequest"}, and writes how often it
// was answered what, and how often it had to connect:
//
//	{"answers": {"name": {"base64 of a CheckResponse, or a gRPC status": count}}, "connects": count}
//
//	go-client -address host:port health SERVICE
//	go-client -address host:port watch SERVICE
//
// write the status of a service, the latter whenever it changes and until the stream ends, and at
// last the gRPC status.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

const (
	method  = "/envoy.service.auth.v3.Authorization/Check"
	timeout = 20 * time.Second
)

// raw passes messages as they are.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(message.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

// tally counts answers by name of the question, and connections.
type tally struct {
	mutex    sync.Mutex
	answers  map[string]map[string]int
	connects atomic.Int64
}

func (t *tally) add(name, answer string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.answers[name] == nil {
		t.answers[name] = map[string]int{}
	}
	t.answers[name][answer]++
}

// As a stats.Handler.

func (t *tally) HandleConn(_ context.Context, event stats.ConnStats) {
	if _, begins := event.(*stats.ConnBegin); begins {
		t.connects.Add(1)
	}
}

func (t *tally) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (t *tally) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (t *tally) HandleRPC(context.Context, stats.RPCStats)                         {}

func dial(address string, options ...grpc.DialOption) *grpc.ClientConn {
	insecurely := grpc.WithTransportCredentials(insecure.NewCredentials())
	connection, err := grpc.NewClient(address, append(options, insecurely)...)
	if err != nil {
		log.Fatal(err)
	}
	return connection
}

func ask(connection *grpc.ClientConn, question []byte) string {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var answer []byte
	err := connection.Invoke(ctx, method, question, &answer, grpc.ForceCodecV2(raw{}))
	if err != nil {
		return status.Convert(err).String()
	}
	return base64.StdEncoding.EncodeToString(answer)
}

func check(address string, args []string) error {
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	checks := flags.Int("checks", 4000, "how many there are")
	connections := flags.Int("connections", 4, "over how many connections")
	inFlight := flags.Int("in-flight", 50, "how many at once on each")
	interval := flags.Duration("interval", 0, "time from one to the next")
	_ = flags.Parse(args)
	var questions map[string][]byte
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(questions))
	due := make(chan string)
	result := tally{answers: map[string]map[string]int{}}
	var group sync.WaitGroup
	for range *connections {
		connection := dial(address, grpc.WithStatsHandler(&result))
		defer connection.Close()
		for range *inFlight {
			group.Go(func() {
				for name := range due {
					result.add(name, ask(connection, questions[name]))
				}
			})
		}
	}
	for i := range *checks {
		due <- names[i%len(names)]
		time.Sleep(*interval)
	}
	close(due)
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"answers":  result.answers,
		"connects": result.connects.Load(),
	})
}

func health(address, service string) error {
	connection := dial(address)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request := &grpc_health_v1.HealthCheckRequest{Service: service}
	answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, request)
	if err == nil {
		fmt.Println(answer.GetStatus())
	}
	fmt.Println(status.Code(err))
	return nil
}

func watch(address, service string) error {
	connection := dial(address)
	defer connection.Close()
	request := &grpc_health_v1.HealthCheckRequest{Service: service}
	stream, err := grpc_health_v1.NewHealthClient(connection).Watch(context.Background(), request)
	if err != nil {
		return err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			fmt.Println(answer.GetStatus())
			continue
		}
		fmt.Println(status.Code(err))
		return nil
	}
}

func run() error {
	address := flag.String("address", "", "host:port of the service")
	flag.Parse()
	switch flag.Arg(0) {
	case "check":
		return check(*address, flag.Args()[1:])
	case "health":
		return health(*address, flag.Arg(1))
	case "watch":
		return watch(*address, flag.Arg(1))
	}
	return fmt.Errorf("%q: check, health and watch exist", flag.Arg(0))
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
