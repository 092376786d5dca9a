// Command delay-line is a wide-area network between network devices of this machine: what is sent into one comes out of
// another later, at a bounded rate, and some of it never. Kernels without netem have nothing of the kind.
//
//	delay-line --delay 50ms --loss 0.01 --bytes-per-second 12500000 wan1=10.9.0.1 wan2=10.9.0.2 …
//
// It makes a TUN device of each name, which may then be moved into a network namespace and given the address. Between each two
// devices there is a line in each direction with that delay, loss and rate, and a queue of 200 ms. It prints "ready", then
// takes commands on standard input, a line each: "cut NAME" and "heal NAME" (all that is from or for it is lost), and
// "count", which is answered by a line of JSON: packets and bytes that were taken, and packets that were lost by chance, in a
// full queue and by a cut. It ends when standard input does.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	tunDevice     = "/dev/net/tun"
	tunSetIff     = 0x400454ca // TUNSETIFF of linux/if_tun.h
	iffTun        = 0x0001
	iffNoPI       = 0x1000
	largestPacket = 65536
	longestQueue  = 200 * time.Millisecond
)

type packet struct {
	due  time.Time
	data []byte
}

// A line is one direction between two devices.
type line struct {
	to      *os.File
	packets chan packet
	// When the last byte that was taken leaves the sender.
	busyUntil time.Time
}

type counts struct {
	Packets, Bytes, LostByChance, LostInQueue, LostByCut int64
}

type network struct {
	delay, perByte time.Duration
	loss           float64

	mutex  sync.Mutex
	chance *rand.Rand
	cut    map[string]bool
	counts counts
}

func main() {
	delay := flag.Duration("delay", 50*time.Millisecond, "of each direction")
	loss := flag.Float64("loss", 0.01, "share of packets that are lost by chance in each direction")
	rate := flag.Float64("bytes-per-second", 12_500_000, "of each line in each direction")
	seed := flag.Int64("seed", 1, "of what is lost")
	flag.Parse()

	net := &network{
		delay:   *delay,
		perByte: time.Duration(float64(time.Second) / *rate),
		loss:    *loss,
		chance:  rand.New(rand.NewSource(*seed)),
		cut:     map[string]bool{},
	}
	if err := net.open(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	net.obey()
}

// Opens the devices, each given as name=address, and carries what they send.
func (n *network) open(given []string) error {
	names, devices := map[[4]byte]string{}, map[string]*os.File{}
	for _, one := range given {
		name, address, _ := strings.Cut(one, "=")
		ip := net.ParseIP(address).To4()
		if ip == nil {
			return fmt.Errorf("%q is not a name and an IPv4 address with = between", one)
		}
		device, err := openTun(name)
		if err != nil {
			return fmt.Errorf("the device %s could not be made: %w", name, err)
		}
		names[[4]byte(ip)], devices[name] = name, device
	}
	for from, device := range devices {
		lines := map[string]*line{}
		for to, other := range devices {
			if to == from {
				continue
			}
			lines[to] = &line{to: other, packets: make(chan packet, 100_000)}
			go lines[to].deliver()
		}
		go n.carry(from, device, names, lines)
	}
	return nil
}

func openTun(name string) (*os.File, error) {
	fd, err := syscall.Open(tunDevice, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var request [40]byte // struct ifreq
	copy(request[:15], name)
	*(*uint16)(unsafe.Pointer(&request[16])) = iffTun | iffNoPI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), tunSetIff, uintptr(unsafe.Pointer(&request[0]))); errno != 0 {
		return nil, errno
	}
	return os.NewFile(uintptr(fd), tunDevice), nil
}

func (n *network) carry(from string, device *os.File, names map[[4]byte]string, lines map[string]*line) {
	buffer := make([]byte, largestPacket)
	for {
		size, err := device.Read(buffer)
		if err != nil {
			return
		}
		if size < 20 || buffer[0]>>4 != 4 {
			continue
		}
		to := names[[4]byte(buffer[16:20])]
		if line := lines[to]; line != nil {
			n.take(from, to, line, buffer[:size])
		}
	}
}

func (n *network) take(from, to string, line *line, data []byte) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.counts.Packets++
	n.counts.Bytes += int64(len(data))
	now := time.Now()
	if line.busyUntil.Before(now) {
		line.busyUntil = now
	}
	switch {
	case n.cut[from] || n.cut[to]:
		n.counts.LostByCut++
	case n.chance.Float64() < n.loss:
		n.counts.LostByChance++
	case line.busyUntil.Sub(now) > longestQueue:
		n.counts.LostInQueue++
	default:
		line.busyUntil = line.busyUntil.Add(time.Duration(len(data)) * n.perByte)
		line.packets <- packet{line.busyUntil.Add(n.delay), append([]byte(nil), data...)}
	}
}

func (l *line) deliver() {
	for packet := range l.packets {
		time.Sleep(time.Until(packet.due))
		// A device that is gone or down takes nothing; so would a line.
		_, _ = l.to.Write(packet.data)
	}
}

func (n *network) obey() {
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		word, name, _ := strings.Cut(commands.Text(), " ")
		n.mutex.Lock()
		switch word {
		case "cut", "heal":
			n.cut[name] = word == "cut"
			fmt.Println(word, name)
		case "count":
			text, _ := json.Marshal(n.counts)
			fmt.Println(string(text))
		}
		n.mutex.Unlock()
	}
}
