package main

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	tick = int64(5 * time.Millisecond) // between looks for checks that have timed out
	// After the window, beyond the timeout of a check, before whatever is still out is given up.
	graceNs = int64(500 * time.Millisecond)
	events  = 256
)

// A generator owns the connections and the one loop around them. Times are ns since it began.
type generator struct {
	options
	corpus     *corpus
	began      time.Time
	epoll      int
	timer      int
	slots      []*connection
	byFd       map[int]*connection
	turn       int // slot that is asked next
	question   int
	random     splitMix
	arrivals   *arrivals // nil = closed loop
	nextDue    int64
	backlog    []int64 // due, and no connection had room
	start, end int64
	result     *result
	done       settle
	fatal      error
}

func newGenerator(o options, c *corpus) (*generator, error) {
	g := &generator{
		options: o, corpus: c, byFd: map[int]*connection{}, result: newResult(),
		random: splitMix{o.seed}, question: o.skip % len(c.questions),
		start: int64(o.warmup), end: int64(o.warmup + o.duration),
	}
	g.done = g.settle
	var err error
	if g.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if g.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return nil, err
	}
	if err = g.watch(unix.EPOLL_CTL_ADD, g.timer, unix.EPOLLIN); err != nil {
		return nil, err
	}
	if o.loop != "closed" {
		g.arrivals = &arrivals{poisson: o.loop == "poisson", mean: 1e9 / o.rate, random: &splitMix{^o.seed}}
		g.nextDue = g.arrivals.next()
	}
	for range o.connections {
		k, err := g.open()
		if err != nil {
			return nil, err
		}
		g.slots = append(g.slots, k)
	}
	return g, nil
}

func (g *generator) open() (*connection, error) {
	k, err := dial(g.address, g.corpus, g.streams)
	if err != nil {
		return nil, err
	}
	g.byFd[k.fd] = k
	g.result.Connections++
	return k, g.watch(unix.EPOLL_CTL_ADD, k.fd, unix.EPOLLIN)
}

func (g *generator) watch(operation, fd int, mask uint32) error {
	return unix.EpollCtl(g.epoll, operation, fd, &unix.EpollEvent{Events: mask, Fd: int32(fd)})
}

func (g *generator) run(tell func(event string)) (*result, error) {
	g.began = time.Now()
	var cpu time.Duration
	var ready [events]unix.EpollEvent
	started, ended, lastTick := false, false, int64(0)
	for {
		now := g.now()
		if !started && now >= g.start {
			started, cpu = true, cpuTime()
			tell("start")
		}
		if !ended && now >= g.end {
			ended, cpu = true, cpuTime()-cpu
			tell("end")
			g.settleBacklog(g.end + int64(g.timeout))
		}
		if ended && (g.idle() || now > g.end+int64(g.timeout)+graceNs) {
			break
		}
		if now-lastTick >= tick {
			lastTick = now
			g.expire(now)
		}
		if !ended {
			g.ask(now)
		}
		g.flush()
		if g.fatal != nil {
			return nil, g.fatal
		}
		wait, err := g.arm()
		if err != nil {
			return nil, err
		}
		n, err := unix.EpollWait(g.epoll, ready[:], wait)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, err
		}
		for _, event := range ready[:max(n, 0)] {
			g.handle(int(event.Fd), event.Events)
		}
	}
	g.result.close(g.duration, cpu)
	return g.result, nil
}

func (g *generator) now() int64 { return int64(time.Since(g.began)) }

// arm sets the timer to the next arrival, and says how many ms to wait at most.
func (g *generator) arm() (int, error) {
	if g.arrivals == nil || len(g.backlog) > 0 {
		return int(tick / 1e6), nil
	}
	left := g.nextDue - g.now()
	if left <= 0 {
		return 0, nil
	}
	var spec unix.ItimerSpec
	spec.Value = unix.NsecToTimespec(left)
	return int(tick / 1e6), unix.TimerfdSettime(g.timer, 0, &spec, nil)
}

func (g *generator) handle(fd int, mask uint32) {
	if fd == g.timer {
		var buffer [8]byte
		_, _ = unix.Read(g.timer, buffer[:])
		return
	}
	k := g.byFd[fd]
	if k == nil {
		return
	}
	if mask&unix.EPOLLOUT != 0 {
		k.blocked = false
	}
	if mask&^uint32(unix.EPOLLOUT) != 0 {
		if err := k.receive(g.done); err != nil {
			g.lose(k, err)
		}
	}
}

// ask writes the checks that are due, and in a closed loop as many as fit.
func (g *generator) ask(now int64) {
	if g.arrivals == nil {
		for i := range g.slots {
			for g.room(i) {
				g.askOn(g.slots[i], g.now())
			}
		}
		return
	}
	for g.nextDue <= now && g.nextDue < g.end {
		g.backlog = append(g.backlog, g.nextDue)
		g.nextDue = g.arrivals.next()
	}
	sent := 0
	for sent < len(g.backlog) {
		k := g.freeConnection()
		if k == nil {
			break
		}
		due := g.backlog[sent]
		g.askOn(k, due)
		if due >= g.start {
			_ = g.result.lateness.RecordValue(min(g.now()-due, longest))
		}
		sent++
	}
	g.backlog = g.backlog[:copy(g.backlog, g.backlog[sent:])]
}

func (g *generator) freeConnection() *connection {
	for range g.slots {
		i := g.turn
		g.turn = (g.turn + 1) % len(g.slots)
		if g.room(i) {
			return g.slots[i]
		}
	}
	return nil
}

// room tells whether the connection of a slot takes a check; one that has taken its share is replaced.
func (g *generator) room(i int) bool {
	k := g.slots[i]
	if g.perConnection > 0 && k.asked >= g.perConnection {
		k.retired = true
	}
	if k.retired {
		fresh, err := g.open()
		if err != nil {
			g.fatal = err
			return false
		}
		g.slots[i], k = fresh, fresh
	}
	return k.room() && !k.full()
}

func (g *generator) askOn(k *connection, due int64) {
	k.ask(int32(g.question), due, g.random.next())
	g.question = (g.question + 1) % len(g.corpus.questions)
}

func (g *generator) flush() {
	for fd, k := range g.byFd {
		if len(k.out) > 0 && !k.blocked {
			if err := k.flush(); err != nil {
				g.lose(k, err)
				continue
			}
			mask := uint32(unix.EPOLLIN)
			if k.blocked {
				mask |= unix.EPOLLOUT
			}
			if k.blocked || k.watchesOut {
				k.watchesOut = k.blocked
				if err := g.watch(unix.EPOLL_CTL_MOD, fd, mask); err != nil {
					g.lose(k, err)
					continue
				}
			}
		}
		if k.retired && k.inFlight == 0 && len(k.out) == 0 {
			delete(g.byFd, fd)
			unix.Close(fd)
		}
	}
}

// expire cancels what has waited for longer than the timeout, sent or not.
func (g *generator) expire(now int64) {
	for _, k := range g.byFd {
		k.expire(now-int64(g.timeout), g.done)
	}
	g.settleBacklog(now)
}

// settleBacklog fails the checks that were never sent and are too late by now.
func (g *generator) settleBacklog(now int64) {
	gone := 0
	for gone < len(g.backlog) && g.backlog[gone] < now-int64(g.timeout) {
		if due := g.backlog[gone]; due >= g.start {
			g.result.Failed["unsent"]++
		}
		gone++
	}
	g.backlog = g.backlog[:copy(g.backlog, g.backlog[gone:])]
}

func (g *generator) settle(c *call, fault string) {
	if c.due < g.start || c.due >= g.end {
		return
	}
	want := g.corpus.answers[g.corpus.questions[c.question].answer]
	switch fault {
	case "":
		if got := (answer{Code: c.code, HTTP: c.http}); got.Code != want.Code || got.HTTP != want.HTTP {
			g.result.fail("wrong", want, got.String())
			return
		}
		g.result.Checks++
		g.result.Answers[want.Name]++
		_ = g.result.latency.RecordValue(min(g.now()-c.due, longest))
	case "timeout", "reset", "goaway", "connection":
		g.result.fail(fault, want, "nothing")
	default:
		g.result.fail("wrong", want, fault)
	}
}

func (g *generator) lose(k *connection, err error) {
	if k.asked == 0 && !k.settled {
		g.fatal = fmt.Errorf("%s: no HTTP/2 server: %w", g.address, err)
	}
	delete(g.byFd, k.fd)
	unfinished := k.inFlight
	k.abandon(g.done)
	if unfinished > 0 && len(g.result.Examples) < examples {
		g.result.Examples = append(g.result.Examples, fmt.Sprintf("connection: %v", err))
	}
}

func (g *generator) idle() bool {
	for _, k := range g.byFd {
		if k.inFlight > 0 {
			return false
		}
	}
	return true
}
