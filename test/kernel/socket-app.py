"""A program with sockets that does what it is told: a JSON object a line in, one a line out."""

import errno
import json
import socket
import struct
import sys

listeners = {}
sockets = {}
datagrams_of = {}


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def adopt(name, sock):
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    sockets[name] = sock


def listen(name, host, port, backlog):
    sock = socket.socket(family(host), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(backlog)
    sock.setblocking(False)
    listeners[name] = sock


def unlisten(name):
    listeners.pop(name).close()


def connect(name, host, port, source, source_port):
    sock = socket.socket(family(host), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((source, source_port))
    adopt(name, sock)
    failure = sock.connect_ex((host, port))
    return None if failure == errno.EINPROGRESS else errno.errorcode[failure]


def tick():
    """Takes what has been accepted."""
    for listener in listeners.values():
        while True:
            try:
                sock, peer = listener.accept()
            except BlockingIOError:
                break
            adopt(str(peer[1]), sock)


def send(name, size):
    try:
        return sockets[name].send(bytes(i & 255 for i in range(size)))
    except BlockingIOError:
        return "blocks"
    except OSError as error:
        return errno.errorcode[error.errno]


def recv(name):
    """All there is: how many bytes, and how it ended."""
    count = 0
    while True:
        try:
            data = sockets[name].recv(65536)
        except BlockingIOError:
            return [count, "more"]
        except OSError as error:
            return [count, errno.errorcode[error.errno]]
        if not data:
            return [count, "end"]
        count += len(data)


def shutdown(name):
    try:
        sockets[name].shutdown(socket.SHUT_WR)
    except OSError as error:
        return errno.errorcode[error.errno]


def close(name):
    sockets.pop(name).close()


def abort(name):
    sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(name)


def keepalive(name):
    sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def udp(name, host, port):
    sock = socket.socket(family(host), socket.SOCK_DGRAM)
    sock.bind((host, port))
    sock.setblocking(False)
    datagrams_of[name] = sock


def datagrams(name):
    """What has come: from which port, how many bytes."""
    found = []
    while True:
        try:
            data, peer = datagrams_of[name].recvfrom(65536)
        except BlockingIOError:
            return found
        except OSError as error:
            found.append(errno.errorcode[error.errno])
            continue
        found.append([peer[1], len(data)])


def sendto(name, size, host, port):
    try:
        return datagrams_of[name].sendto(bytes(i & 255 for i in range(size)), (host, port))
    except OSError as error:
        return errno.errorcode[error.errno]


COMMANDS = {
    each.__name__: each
    for each in (
        listen,
        unlisten,
        connect,
        tick,
        send,
        recv,
        shutdown,
        close,
        abort,
        keepalive,
        udp,
        datagrams,
        sendto,
    )
}

OF_A_SOCKET = ("send", "recv", "shutdown", "close", "abort", "keepalive")

for line in sys.stdin:
    arguments = json.loads(line)
    command = arguments.pop("do")
    unknown = command in OF_A_SOCKET and arguments["name"] not in sockets
    answer = None if unknown else COMMANDS[command](**arguments)
    print(json.dumps(answer), flush=True)
