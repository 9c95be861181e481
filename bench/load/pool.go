package main

// A pool is the connections that a check may go to, and the checks that wait for one of them. There is
// one of all connections; or one for each connection, as for each worker of Envoy, to which more
// connections are added when all in it are full.
type pool struct {
	slots   []*connection
	turn    int // slot that is asked next, where they take turns
	backlog pending
	full    bool // since sockets were last looked at
}

func (g *generator) openPools() error {
	g.pools = []*pool{{}}
	for i := range g.connections {
		if i > 0 && g.poolMax > 0 {
			g.pools = append(g.pools, &pool{})
		}
		k, err := g.open()
		if err != nil {
			return err
		}
		p := g.pools[len(g.pools)-1]
		p.slots = append(p.slots, k)
	}
	return nil
}

// anyPool is the one of the worker that a check happens to come to.
func (g *generator) anyPool() *pool {
	if len(g.pools) == 1 {
		return g.pools[0]
	}
	return g.pools[g.random.next()%uint64(len(g.pools))]
}

// freeConnection is one that takes a check; nil when none does. Envoy takes the first that does.
func (g *generator) freeConnection(p *pool) *connection {
	for i := range p.slots {
		if g.poolMax == 0 {
			i = p.turn
			p.turn = (p.turn + 1) % len(p.slots)
		}
		if g.room(p, i) {
			return p.slots[i]
		}
	}
	return nil
}

// room tells whether the connection of a slot takes a check; one that has taken its share is replaced,
// unless it was opened because others were full.
func (g *generator) room(p *pool, i int) bool {
	k := p.slots[i]
	if g.perConnection > 0 && k.asked >= g.perConnection {
		k.retired = true
	}
	if k.retired && !k.extra {
		fresh, err := g.open()
		if err != nil {
			g.fatal = err
			return false
		}
		p.slots[i], k = fresh, fresh
	}
	return k.room() && !k.full()
}

// grow adds a connection to a pool in which checks wait, one at a time.
func (g *generator) grow(p *pool) {
	if g.poolMax == 0 || p.backlog.len() == 0 {
		return
	}
	connecting, kept := false, p.slots[:0]
	for _, k := range p.slots {
		if !k.retired || !k.extra {
			kept = append(kept, k)
			connecting = connecting || !k.settled
		}
	}
	p.slots = kept
	if connecting || len(p.slots) >= g.poolMax {
		return
	}
	k, err := g.open()
	if err != nil {
		g.fatal = err
		return
	}
	k.extra = true
	p.slots = append(p.slots, k)
}
