"""Tells when all before has been worked off: a mark that comes in by a device, or a line that comes in, goes out of all."""

import json
import select
import socket
import sys

ETH_P_ALL = 3
ETHERTYPE = 0x88B6
devices = sys.argv[1:]
sockets = {}
for device in devices:
    # Of all protocols: others hear of a bridge's frames only after the bridge.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((device, ETH_P_ALL))
    sock.setblocking(False)
    sockets[device] = sock


def send(tag):
    frame = bytes.fromhex("ffffffffffff" "03fefefefefe") + ETHERTYPE.to_bytes(2, "big") + tag
    told = []
    for device, sock in sockets.items():
        try:
            sock.send(frame.ljust(60, b"\0"))
            told.append(device)
        except OSError:
            pass
    print(json.dumps({"tag": int.from_bytes(tag, "big"), "devices": told}), flush=True)


print(json.dumps("ready"), flush=True)
while True:
    ready, _, _ = select.select([sys.stdin, *sockets.values()], [], [])
    for each in ready:
        if each is sys.stdin:
            line = sys.stdin.readline()
            if not line:
                sys.exit(0)
            send(int(line).to_bytes(4, "big"))
            continue
        try:
            frame, address = each.recvfrom(65536)
        except OSError:
            continue
        if address[2] != socket.PACKET_OUTGOING and frame[6:12] == b"\x03\xfe\xfe\xfe\xfe\xfe":
            send(frame[14:18])
