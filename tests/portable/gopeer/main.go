// A portable plugin in Go on mangos, as plugins in Go are made: the source goCount, the sink goLines
// that acknowledges its rows, and the function goEcho.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"go.nanomsg.org/mangos/v3"
	"go.nanomsg.org/mangos/v3/protocol/pull"
	"go.nanomsg.org/mangos/v3/protocol/push"
	"go.nanomsg.org/mangos/v3/protocol/req"
	_ "go.nanomsg.org/mangos/v3/transport/ipc"
)

const name = "gopeer"

type order struct {
	Cmd string `json:"cmd"`
	Arg string `json:"arg"`
}

type control struct {
	SymbolName string `json:"symbolName"`
	PluginType string `json:"pluginType"`
	DataSource string `json:"dataSource"`
	Config     struct {
		Interval int    `json:"interval"`
		Path     string `json:"path"`
	} `json:"config"`
	Meta struct {
		RuleID     string `json:"ruleId"`
		OpID       string `json:"opId"`
		InstanceID int    `json:"instanceId"`
	} `json:"meta"`
}

func (c control) url(end string) string {
	return url(fmt.Sprintf("%s_%s_%d%s", c.Meta.RuleID, c.Meta.OpID, c.Meta.InstanceID, end))
}

func url(file string) string { return "ipc:///tmp/" + file + ".ipc" }

func main() {
	stops := map[string]func(){}
	serve("plugin_"+name, func(message []byte) []byte {
		var asked order
		var about control
		if err := json.Unmarshal(message, &asked); err != nil {
			return []byte(err.Error())
		}
		if err := json.Unmarshal([]byte(asked.Arg), &about); err != nil {
			return []byte(err.Error())
		}
		key := about.SymbolName + about.url("")
		if asked.Cmd == "stop" {
			if stop, ok := stops[key]; ok {
				stop()
				delete(stops, key)
			}
			return []byte("ok")
		}
		stop, err := start(about)
		if err != nil {
			return []byte(err.Error())
		}
		stops[key] = stop
		return []byte("ok")
	})
}

func start(about control) (func(), error) {
	switch about.SymbolName {
	case "goCount":
		return count(about)
	case "goLines":
		return lines(about)
	case "goEcho":
		go serve("func_goEcho", echo)
		return func() {}, nil
	}
	return nil, fmt.Errorf("symbol %s not found", about.SymbolName)
}

// serve shakes hands and answers what the server asks, until that closes the socket.
func serve(file string, answer func([]byte) []byte) {
	socket, err := req.NewSocket()
	check(err)
	check(socket.SetOption(mangos.OptionRetryTime, time.Duration(0)))
	check(socket.Dial(url(file)))
	said := []byte("handshake")
	for {
		if socket.Send(said) != nil {
			return
		}
		message, err := socket.Recv()
		if err != nil {
			return
		}
		said = answer(message)
	}
}

func echo(message []byte) []byte {
	var call struct {
		Func string            `json:"func"`
		Arg  []json.RawMessage `json:"arg"`
	}
	if err := json.Unmarshal(message, &call); err != nil {
		return reply(false, err.Error())
	}
	switch call.Func {
	case "Validate":
		if len(call.Arg) != 1 {
			return reply(false, "one argument is needed")
		}
		return reply(true, "")
	case "IsAggregate":
		return reply(true, false)
	}
	return reply(true, call.Arg[0])
}

func reply(state bool, result any) []byte {
	message, err := json.Marshal(map[string]any{"state": state, "result": result})
	check(err)
	return message
}

func count(about control) (func(), error) {
	socket, err := push.NewSocket()
	check(err)
	if err := socket.Dial(about.url("")); err != nil {
		return nil, err
	}
	go func() {
		for number := 0; ; number++ {
			row := map[string]any{"number": number, "datasource": about.DataSource}
			message, err := json.Marshal(map[string]any{"message": row, "meta": nil})
			check(err)
			if socket.Send(message) != nil {
				return
			}
			time.Sleep(time.Duration(about.Config.Interval) * time.Millisecond)
		}
	}()
	return func() { socket.Close() }, nil
}

func lines(about control) (func(), error) {
	rows, err := pull.NewSocket()
	check(err)
	if err := rows.Listen(about.url("")); err != nil {
		return nil, err
	}
	acks, err := push.NewSocket()
	check(err)
	dialed := acks.Dial(about.url("_ack")) // a server before 1.14 takes no acknowledgements
	go func() {
		for {
			row, err := rows.Recv()
			if err != nil {
				return
			}
			answer := []byte("{}")
			if err := add(about.Config.Path, row); err != nil {
				answer, err = json.Marshal(map[string]string{"error": err.Error()})
				check(err)
			}
			if dialed == nil {
				check(acks.Send(answer))
			}
		}
	}()
	return func() { rows.Close(); acks.Close() }, nil
}

func add(path string, row []byte) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(append(row, '\n'))
	return err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
