"""The plugin side of the protocol: connects, obeys commands, runs symbols in threads.

This module needs nothing but the standard library and ``sp.py`` beside it.
"""

import json
import os
import socket
import threading
import traceback

import sp

FOLDER = "/tmp"


class Connection:
    """A connection that sends and receives whole messages; raises ConnectionError at its end."""

    def __init__(self, connection, protocol):
        self._socket = connection
        self._incoming = sp.Incoming(protocol)
        self._bodies = []
        connection.sendall(sp.greeting(protocol))
        while not self._incoming.greeted:
            self._fill()

    def receive(self):
        """The next message."""
        while not self._bodies:
            self._fill()
        return self._bodies.pop(0)

    def send(self, body):
        """Send a message."""
        self._socket.sendall(sp.message(body))

    def close(self):
        """Close it; who waits for a message of it is woken."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _fill(self):
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the other side has closed the connection")
        self._bodies += self._incoming.feed(data)


def dial(name, protocol):
    """Connect to the socket of that name."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("%s/%s" % (FOLDER, name))
    return Connection(connection, protocol)


def serve(name, answer):
    """Connect to a server's socket, shake hands, and answer what it asks until it is closed."""
    connection, number = dial(name, sp.Protocol.REQ), 1
    said = b"handshake"
    try:
        while True:
            connection.send(sp.request_id(number) + said)
            number += 1
            said = answer(sp.split_request(connection.receive())[1])
    finally:
        connection.close()


class Source:
    """A source at work: ``emit`` sends a row."""

    def __init__(self, control, run):
        self.config = control.get("config") or {}
        self.datasource = control.get("dataSource", "")
        self._rows = dial(_file(control, ".ipc"), sp.Protocol.PUSH)
        self.stopped = threading.Event()
        _thread(lambda: run(self))

    def emit(self, message, meta=None):
        """Send a row."""
        body = json.dumps({"message": message, "meta": meta}).encode()
        try:
            self._rows.send(body)
        except OSError:
            self.stopped.set()

    def stop(self):
        """End it."""
        self.stopped.set()
        self._rows.close()


class Sink:
    """A sink at work: each row is given to a function.

    What that returns is acknowledged: an empty text, or an error. None is not.
    """

    def __init__(self, control, collect):
        self.config = control.get("config") or {}
        path = "%s/%s" % (FOLDER, _file(control, ".ipc"))
        if os.path.exists(path):  # one that was killed has left it
            os.unlink(path)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(4)
        try:
            self._acks = dial(_file(control, "_ack.ipc"), sp.Protocol.PUSH)
        except OSError:  # a server before 1.14 takes no acknowledgements
            self._acks = None
        self._rows = None
        _thread(lambda: self._run(collect))

    def stop(self):
        """End it."""
        self._listener.close()
        if self._rows is not None:
            self._rows.close()
        if self._acks is not None:
            self._acks.close()

    def _run(self, collect):
        connection, _ = self._listener.accept()
        self._rows = Connection(connection, sp.Protocol.PULL)
        while True:
            error = collect(self, json.loads(self._rows.receive()))
            if self._acks is not None and error is not None:
                self._acks.send(json.dumps({"error": error} if error else {}).encode())


class Plugin:
    """The symbols by name: sources get a Source, sinks a Sink and a row, functions arguments."""

    def __init__(self, name, sources=None, sinks=None, functions=None):
        self._name = name
        self._symbols = {"source": sources or {}, "sink": sinks or {}, "func": functions or {}}
        self._running = {}

    def run(self):
        """Serve until the server closes the connection."""
        try:
            serve("plugin_%s.ipc" % self._name, self._obey)
        except ConnectionError:
            pass

    def _obey(self, order):
        try:
            command = json.loads(order)
            control = json.loads(command["arg"])
            kind, name = control["pluginType"], control["symbolName"]
            if name not in self._symbols[kind]:
                return ("symbol %s not found" % name).encode()
            # old servers name no rule where they start a function: it is for all rules
            key = (kind, name, _file(control, "") if kind != "func" else "")
            if command["cmd"] == "start":
                self._running[key] = self._start(control, self._symbols[kind][name])
            elif key in self._running:
                running = self._running.pop(key)
                if running is not None:
                    running.stop()
            return b"ok"
        except Exception:
            return traceback.format_exc().encode()

    def _start(self, control, does):
        if control["pluginType"] == "source":
            return Source(control, does)
        if control["pluginType"] == "sink":
            return Sink(control, does)
        name = "func_%s.ipc" % control["symbolName"]
        _thread(lambda: serve(name, lambda call: _called(does, call)))
        return None


def _called(function, call):
    try:
        asked = json.loads(call)
        if asked["func"] == "Validate":
            result = ""
        elif asked["func"] == "IsAggregate":
            result = False
        else:
            result = function(*asked["arg"][:-1])
        return json.dumps({"state": True, "result": result}).encode()
    except Exception as error:
        return json.dumps(
            {"state": False, "result": "%s: %s" % (type(error).__name__, error)}
        ).encode()


def _file(control, end):
    meta = control.get("meta")  # early servers send none for functions
    if meta is None:
        return end
    return "%s_%s_%s%s" % (meta["ruleId"], meta["opId"], meta["instanceId"], end)


def _thread(run):
    def guarded():
        try:
            run()
        except OSError:
            pass  # it was stopped

    threading.Thread(target=guarded, daemon=True).start()
