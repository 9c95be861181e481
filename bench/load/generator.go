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
	pools      []*pool
	byFd       map[int]*connection
	question   int
	random     splitMix
	arrivals   *arrivals // nil = closed loop
	nextDue    int64
	start, end int64
	until      int64 // checks are asked, though those due after the window do not count
	result     *result
	done       settle
	fatal      error
}

func newGenerator(o options, c *corpus) (*generator, error) {
	g := &generator{
		options: o, corpus: c, byFd: map[int]*connection{}, result: newResult(o.duration, o.slice),
		random: splitMix{o.seed}, question: o.skip % len(c.questions),
		start: int64(o.warmup), end: int64(o.warmup + o.duration),
	}
	g.until = g.end
	if o.poolMax > 0 && o.loop != "closed" {
		g.until += int64(o.timeout) // or those due last would have it easier than the others
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
		if o.rateBefore > 0 {
			g.arrivals.before, g.arrivals.turn = 1e9/o.rateBefore, g.start
		}
		g.nextDue = g.arrivals.next()
	}
	return g, g.openPools()
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
			if g.arrivals != nil {
				g.ask(now) // those that were due since the last look
			}
			ended, cpu = true, cpuTime()-cpu
			tell("end")
			if g.until == g.end {
				g.settleBacklog(g.end + int64(g.timeout))
			}
		}
		if ended && g.over(now) {
			break
		}
		if now-lastTick >= tick {
			lastTick = now
			g.expire(now)
		}
		if now < g.until {
			g.ask(now)
		}
		g.flush()
		if g.fatal != nil {
			return nil, g.fatal
		}
		g.rest(now)
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

// over tells, after the window, whether every check that counts has come to its end.
func (g *generator) over(now int64) bool {
	if g.until > g.end {
		if now <= g.until+tick {
			return false
		}
		g.expire(now)
		return true
	}
	if now > g.end+int64(g.timeout)+graceNs {
		g.expire(now)
		return true
	}
	return g.idle()
}

func (g *generator) now() int64 { return int64(time.Since(g.began)) }

// arm sets the timer to the next arrival, and says how many ms to wait at most.
func (g *generator) arm() (int, error) {
	if g.arrivals == nil || g.poolMax == 0 && g.pools[0].backlog.len() > 0 {
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

// rest waits until it is time to look again.
func (g *generator) rest(since int64) {
	if left := since + int64(g.pace) - g.now(); left > 0 && g.pace > 0 {
		spec := unix.NsecToTimespec(left)
		_ = unix.Nanosleep(&spec, nil)
	}
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
		for _, p := range g.pools {
			for i := range p.slots {
				for g.room(p, i) {
					g.askOn(p.slots[i], g.now())
				}
			}
		}
		return
	}
	for _, p := range g.pools {
		g.askPending(p)
	}
	for g.nextDue <= now && g.nextDue < g.until {
		due := g.nextDue
		g.nextDue = g.arrivals.next()
		if due >= g.start && due < g.end {
			g.result.Due++
			_ = g.result.behind.RecordValue(min(now-due, longest))
		}
		p := g.anyPool()
		switch {
		case g.askNow(p, due):
		case g.pending > 0 && p.backlog.len() >= g.pending:
			g.unsent(due)
		default:
			p.backlog.push(due)
		}
	}
	for _, p := range g.pools {
		g.grow(p)
	}
}

// askPending writes the checks that have waited for a stream, as far as there are any now.
func (g *generator) askPending(p *pool) {
	p.full = false
	for p.backlog.len() > 0 && g.askNow(p, p.backlog.oldest()) {
		p.backlog.pop()
	}
}

// askNow writes a check; false when no connection has room for it.
func (g *generator) askNow(p *pool, due int64) bool {
	if p.full {
		return false
	}
	k := g.freeConnection(p)
	if k == nil {
		p.full = true
		return false
	}
	g.askOn(k, due)
	if due >= g.start && due < g.end {
		_ = g.result.lateness.RecordValue(min(g.now()-due, longest))
	}
	return true
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
	for _, p := range g.pools {
		for p.backlog.len() > 0 && p.backlog.oldest() < now-int64(g.timeout) {
			g.unsent(p.backlog.oldest())
			p.backlog.pop()
		}
	}
}

func (g *generator) unsent(due int64) {
	if due >= g.start && due < g.end {
		g.result.count("unsent", due-g.start)
	}
}

func (g *generator) lose(k *connection, err error) {
	if k.asked == 0 && !k.settled && !k.extra {
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
