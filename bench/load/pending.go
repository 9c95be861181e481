package main

// pending holds when the checks were due that wait for a free stream, the oldest first.
type pending struct {
	due  []int64
	head int
}

func (p *pending) len() int { return len(p.due) - p.head }

func (p *pending) push(due int64) { p.due = append(p.due, due) }

func (p *pending) oldest() int64 { return p.due[p.head] }

func (p *pending) pop() {
	p.head++
	if p.head == len(p.due) || p.head >= 4096 && p.head > len(p.due)/2 {
		p.due = p.due[:copy(p.due, p.due[p.head:])]
		p.head = 0
	}
}
