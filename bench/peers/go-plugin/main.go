// The peer: hashicorp/go-plugin in its gRPC mode, as a host and a plugin in one program. Started by
// go-plugin it is the plugin; started by the bench it is the host and answers slices on its standard
// input. It knows nothing of the other cases.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"outboard.dev/bench/goplugin/hook"
)

// Both sides name the same cookie; go-plugin tells a plugin by it.
var handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "OUTBOARD_BENCH_PEER",
	MagicCookieValue: "hook",
}

var plugins = plugin.PluginSet{"hook": &hookPlugin{}}

// hookPlugin tells go-plugin how each side speaks the hook.
type hookPlugin struct {
	plugin.NetRPCUnsupportedPlugin
}

func (*hookPlugin) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	hook.RegisterHookServer(server, interceptor{})
	return nil
}

func (*hookPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return hook.NewHookClient(conn), nil
}

// interceptor lets every message pass.
type interceptor struct {
	hook.UnimplementedHookServer
}

func (interceptor) BeforePost(context.Context, *hook.Draft) (*hook.Verdict, error) {
	return &hook.Verdict{}, nil
}

func main() {
	if os.Getenv(handshake.MagicCookieKey) == handshake.MagicCookieValue {
		plugin.Serve(&plugin.ServeConfig{
			HandshakeConfig: handshake,
			Plugins:         plugins,
			GRPCServer:      plugin.DefaultGRPCServer,
			Logger:          hclog.NewNullLogger(),
		})
		return
	}
	if err := host(); err != nil {
		fmt.Fprintln(os.Stderr, "go-plugin host:", err)
		os.Exit(1)
	}
}

func host() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(self)
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          plugins,
		Cmd:              command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	dispensed, err := protocol.Dispense("hook")
	if err != nil {
		return err
	}
	fmt.Println("ready", command.Process.Pid)
	return answer(dispensed.(hook.HookClient))
}

// answer runs one slice for each line of standard input: IN_FLIGHT WARM_UP_MS SLICE_MS.
func answer(client hook.HookClient) error {
	text := strings.Repeat("m", 160)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked slice
		if _, err := fmt.Sscan(lines.Text(), &asked.inFlight, &asked.warmUpMs, &asked.lengthMs); err != nil {
			return fmt.Errorf("a slice that is none: %q: %w", lines.Text(), err)
		}
		told, err := asked.run(client, text)
		if err != nil {
			return err
		}
		fmt.Print(told)
	}
	return lines.Err()
}
