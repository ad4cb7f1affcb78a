package runtime

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf/ringbuf"
)

// Event is one record emitted by the pipeline.
type Event struct {
	ID   uint32 // position among the pipeline's events, from 0
	Name string
	// Data is the event's struct in C layout and native byte order.
	Data []byte
}

// eventHeader is the size in bytes of what stands before each record's struct: the event's ID and zero, both u32.
const eventHeader = 8

// EventReader reads the events of a pipeline in the order in which they were emitted.
type EventReader struct {
	ring   *ringbuf.Reader
	events []EventLayout
}

// Events opens the pipeline's ring buffer for reading. There should be one reader at a time.
func (p *Pipeline) Events() (*EventReader, error) {
	m := p.coll.Maps[eventsMap]
	if m == nil {
		return nil, fmt.Errorf("pipeline %s emits no events", p.layout.Name)
	}
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: read events: %w", p.layout.Name, err)
	}
	return &EventReader{ring: r, events: p.layout.Events}, nil
}

// Read waits for the next event. It fails with os.ErrDeadlineExceeded at the deadline and with ringbuf.ErrClosed
// after Close.
func (r *EventReader) Read() (Event, error) {
	rec, err := r.ring.Read()
	if err != nil {
		return Event{}, err
	}
	if len(rec.RawSample) < eventHeader {
		return Event{}, fmt.Errorf("event of %d bytes, shorter than its header", len(rec.RawSample))
	}
	id := binary.NativeEndian.Uint32(rec.RawSample)
	if int(id) >= len(r.events) {
		return Event{}, fmt.Errorf("event with unknown ID %d", id)
	}
	e, data := r.events[id], rec.RawSample[eventHeader:]
	if len(data) < e.Size {
		return Event{}, fmt.Errorf("event `%s` of %d bytes, expected %d", e.Name, len(data), e.Size)
	}
	return Event{ID: id, Name: e.Name, Data: data[:e.Size]}, nil
}

// Pending reports whether Read would find an event without waiting.
func (r *EventReader) Pending() bool { return r.ring.AvailableBytes() > 0 }

// SetDeadline makes Read fail from t on. The zero time means never.
func (r *EventReader) SetDeadline(t time.Time) { r.ring.SetDeadline(t) }

// Close ends a waiting Read.
func (r *EventReader) Close() error { return r.ring.Close() }

// LostEvents counts the events that found the ring buffer full.
func (p *Pipeline) LostEvents() (uint64, error) {
	m := p.coll.Maps[lostMap]
	if m == nil {
		return 0, nil
	}
	n, err := sum(m, 0)
	if err != nil {
		return 0, errors.Join(errors.New("lost events"), err)
	}
	return n, nil
}
