import { ICMP_HEADER, isIcmpError } from '../header/icmp-header.ts';
import { isIcmp6Error } from '../header/icmp6-header.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { isIpv4Fragment } from '../header/ipv4-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { IpAddress, IpVersion } from '../ip-address.ts';
import {
  INPUT,
  NF_ACCEPT,
  NF_DROP,
  NF_STOLEN,
  OUTPUT,
  POSTROUTING,
  PREROUTING,
  PRIORITY,
  type Verdict,
} from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import {
  Connection,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_SEEN_REPLY,
  type TupleNode,
} from './connection.ts';
import { followSctp, openSctp } from './follow-sctp.ts';
import { followSteady, followTcp, openTcp } from './follow-tcp.ts';
import { hasGoodTransport } from './good-transport.ts';
import { quotedTransport } from './quoted-transport.ts';
import { SCTP_STATES } from './sctp-state.ts';
import { readSegment, TcpSegment } from './tcp-segment.ts';
import { TCP_CLOSE, TCP_STATES } from './tcp-state.ts';
import { isInsideWindow } from './tcp-window.ts';
import { readTrackingSettings, type TrackingSettings, tcpTimeout } from './tracking-settings.ts';
import { invertTuple, isIcmpQuery, newTuple, readPacketTuple, readTuple, type Tuple } from './tuple.ts';
import { TupleTable } from './tuple-table.ts';

/** How often memory of expired entries is taken back; look-ups do not see them anyway. */
const GC_MS = 30_000;
/** Entries looked at for one to give way when the table is full (nf_conntrack early_drop). */
const EARLY_DROP_SCAN = 64;
const UDP_STREAM_AFTER_MS = 2000;
/** A connection with less left is not worth a doubt (nf_tcp_handle_invalid). */
const DOUBTED_MS = 120_000;

export interface ConntrackStats {
  found: number;
  invalid: number;
  insert: number;
  insertFailed: number;
  drop: number;
  earlyDrop: number;
}

/**
 * Connection tracking (net/netfilter/nf_conntrack_core.c). It does nothing until `enable()`, which a rule that
 * needs it calls, as the kernel registers its hooks on demand. Bounded by nf_conntrack_max: at the bound an
 * unassured entry gives way, else the packet is dropped and counted.
 */
export class Conntrack {
  readonly #ns: Netns;
  readonly #table = new TupleTable();
  readonly #tuple: Tuple = newTuple();
  readonly #inner: Tuple = newTuple();
  readonly #segment = new TcpSegment();
  readonly stats: ConntrackStats = {
    found: 0,
    invalid: 0,
    insert: 0,
    insertFailed: 0,
    drop: 0,
    earlyDrop: 0,
  };
  readonly #tracked = new Set<IpVersion>();
  #gcTimer: unknown;
  #settings: TrackingSettings;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#settings = readTrackingSettings(ns);
  }

  tracks(version: IpVersion): boolean {
    return this.#tracked.has(version);
  }

  get count(): number {
    return this.#table.connections.length;
  }

  /** From the first rule on that asks for it, the packets of that version are followed (nf_ct_netns_get). */
  enable(version: IpVersion): void {
    if (this.#tracked.has(version)) return;
    this.#tracked.add(version);
    const track = (packet: Packet) => this.#track(packet);
    const confirm = (packet: Packet) => this.confirm(packet);
    const defragment = (packet: Packet) => this.#defragment(packet);
    const hooks = this.#ns.hooksFor(version);
    hooks.register(PREROUTING, PRIORITY.defrag, 'defrag', defragment, { perFlow: true });
    hooks.register(OUTPUT, PRIORITY.defrag, 'defrag', defragment, { perFlow: true });
    hooks.register(PREROUTING, PRIORITY.conntrack, 'conntrack', track, { perFlow: true });
    hooks.register(OUTPUT, PRIORITY.conntrack, 'conntrack', track, { perFlow: true });
    hooks.register(INPUT, PRIORITY.confirm, 'conntrack confirm', confirm, { perFlow: true });
    hooks.register(POSTROUTING, PRIORITY.confirm, 'conntrack confirm', confirm, { perFlow: true });
  }

  /** The entries that have not expired. */
  list(): Connection[] {
    const { now } = this.#ns.softirq;
    return this.#table.connections.filter((connection) => connection.expiresAt > now);
  }

  /** Whether a connection is in the table. */
  has(connection: Connection): boolean {
    return connection.index >= 0 && connection.expiresAt > this.#ns.softirq.now;
  }

  /** The direction of a connection that a packet belongs to; undefined if the packet is too damaged to have one. */
  nodeOf(packet: Packet): TupleNode | 'untracked' | undefined {
    const { connection, ctReply } = packet;
    if (connection !== undefined) return ctReply ? connection.reply : connection.original;
    if (isLaterFragment(packet) || !readPacketTuple(this.#tuple, packet)) return undefined;
    const node = this.#table.find(this.#tuple);
    return node !== undefined && this.has(node.connection) ? node : 'untracked';
  }

  delete(connection: Connection): void {
    connection.status |= IPS_DYING;
    this.#table.remove(connection);
  }

  /** Deletes what `matches` picks, and tells how many. */
  deleteWhere(matches: (connection: Connection) => boolean): number {
    const doomed = this.list().filter(matches);
    for (const connection of doomed) this.delete(connection);
    return doomed.length;
  }

  /** Whether a tuple is in use by another connection than `ignored`. */
  isTaken(tuple: Readonly<Tuple>, ignored: Connection): boolean {
    const node = this.#table.find(tuple);
    if (!node || node.connection === ignored) return false;
    if (node.connection.expiresAt > this.#ns.softirq.now) return true;
    this.delete(node.connection);
    return false;
  }

  /**
   * Whether a packet of a connection that a packet of its flow has gone by before changes nothing of it but its
   * age and its windows. Nothing is done yet.
   */
  isUneventful(connection: Connection, packet: Packet, isReply: boolean, now: number): boolean {
    if (connection.expiresAt <= now || !connection.isSteady()) return false;
    if (!packet.checksumsGood) {
      const { l4, end } = packet;
      readTuple(this.#tuple, packet.bytes, packet.l3, { l4, end, protocol: transportOf(packet) });
      if (!hasGoodTransport(packet, this.#tuple)) return false;
    }
    if (connection.balanced !== undefined && !connection.balanced.mayStay(now)) return false;
    if (connection.tcp === undefined) return !becomesStream(connection, now);
    return readSegment(this.#segment, packet) && isInsideWindow(connection.tcp, this.#segment, isReply);
  }

  /** What tracking does with the packet that isUneventful was just asked about. */
  keepAlive(connection: Connection, isReply: boolean, now: number): void {
    if (connection.tcp !== undefined) followSteady(connection.tcp, this.#segment, isReply);
    connection.balanced?.keepAlive(now);
    this.#refresh(connection, now);
  }

  /** The node resets a connection in its server's name: for tracking, it ends with that (nf_conntrack_set_closing). */
  setClosing(connection: Connection): void {
    const { tcp, status } = connection;
    if (tcp === undefined || tcp.state === TCP_CLOSE || (status & IPS_CONFIRMED) === 0) return;
    tcp.state = TCP_CLOSE;
    this.#refresh(connection, this.#ns.softirq.now);
  }

  /** An address went away: connections masqueraded to it go too (nf_nat_masquerade.c). */
  forgetMasquerade(address: IpAddress): void {
    this.deleteWhere(
      (connection) => connection.masqueradeLink !== 0 && connection.reply.destination === address,
    );
  }

  /** The name of a connection's state, if its protocol has any. */
  stateName({ tcp, sctp }: Connection): string | undefined {
    if (tcp !== undefined) return TCP_STATES[tcp.state];
    return sctp && SCTP_STATES[sctp.state];
  }

  close(): void {
    this.#ns.clock.clearTimeout(this.#gcTimer);
    for (const connection of [...this.#table.connections]) this.#table.remove(connection);
  }

  #defragment(packet: Packet): Verdict {
    if (packet.connection !== undefined) return NF_ACCEPT;
    const six = isVersion6(packet.bytes, packet.l3);
    if (!six && !isIpv4Fragment(packet.bytes, packet.l3)) return NF_ACCEPT;
    const whole = six ? this.#ns.ip6.defragment(packet) : this.#ns.ip.defragment(packet);
    if (whole === undefined) return NF_STOLEN;
    if (whole === packet) return NF_ACCEPT;
    const header = packet.l3 - packet.start;
    whole.bytes.set(packet.bytes.subarray(packet.start, packet.l3), whole.start - header);
    packet.bytes = whole.bytes;
    packet.start = whole.start - header;
    packet.end = whole.end;
    packet.l3 = whole.l3;
    packet.l4 = whole.l4;
    packet.nextHeader = whole.nextHeader;
    packet.fragments = whole.fragments;
    return NF_ACCEPT;
  }

  /** nf_conntrack_in. A packet that comes over lo has its connection already. */
  #track(packet: Packet): Verdict {
    if (packet.connection !== undefined || packet.ctInfo === CT_UNTRACKED) return NF_ACCEPT;
    const { bytes, l4 } = packet;
    packet.ctReply = false;
    packet.ctInfo = CT_INVALID;
    if (isLaterFragment(packet)) return NF_ACCEPT;
    const tuple = this.#tuple;
    if (!readPacketTuple(tuple, packet) || !hasGoodTransport(packet, tuple)) return this.#invalid();
    if (tuple.protocol === PROTO_ICMPV6 && UNTRACKED_ICMP6.has(bytes[l4]!)) {
      packet.ctInfo = CT_UNTRACKED;
      return NF_ACCEPT;
    }
    if (tuple.protocol === PROTO_TCP && !readSegment(this.#segment, packet)) return this.#invalid();
    if (tuple.protocol === PROTO_ICMP && isIcmpError(bytes[l4]!)) return this.#trackError(packet);
    if (tuple.protocol === PROTO_ICMPV6 && isIcmp6Error(bytes[l4]!)) return this.#trackError(packet);
    return this.#resolve(packet, tuple);
  }

  #invalid(): Verdict {
    this.stats.invalid++;
    return NF_ACCEPT;
  }

  #resolve(packet: Packet, tuple: Tuple): Verdict {
    const { now } = this.#ns.softirq;
    const node = this.#table.find(tuple);
    if (node !== undefined && node.connection.expiresAt > now) {
      return this.#follow(packet, tuple, node.connection, node.isReply, now);
    }
    if (node !== undefined) this.delete(node.connection);
    return this.#open(packet, tuple, now);
  }

  #follow(packet: Packet, tuple: Tuple, connection: Connection, isReply: boolean, now: number): Verdict {
    const outcome = this.#move(packet, connection, isReply, now);
    if (outcome === 'invalid') return this.#invalid();
    if (outcome === 'reopen') {
      this.delete(connection);
      return this.#open(packet, tuple, now);
    }
    packet.connection = connection;
    packet.ctReply = isReply;
    packet.ctInfo = isReply || (connection.status & IPS_SEEN_REPLY) !== 0 ? CT_ESTABLISHED : CT_NEW;
    // An answer counts from the next packet on.
    if (outcome === 'ok') this.#refresh(connection, now);
    if (isReply) connection.status |= IPS_SEEN_REPLY;
    return NF_ACCEPT;
  }

  #move(
    packet: Packet,
    connection: Connection,
    isReply: boolean,
    now: number,
  ): 'ok' | 'ignored' | 'invalid' | 'reopen' {
    if (connection.tcp !== undefined) return this.#followTcp(connection, isReply, now);
    return connection.sctp === undefined ? 'ok' : followSctp(connection, packet, isReply);
  }

  #followTcp(connection: Connection, isReply: boolean, now: number): 'ok' | 'ignored' | 'invalid' | 'reopen' {
    const settings = this.#freshSettings();
    const outcome = followTcp(connection, this.#segment, isReply, settings);
    if (outcome === 'doubted') {
      const left = connection.expiresAt - now;
      if (left >= DOUBTED_MS && left > settings.tcpUnacknowledged)
        connection.expiresAt = now + settings.tcpUnacknowledged;
      return 'invalid';
    }
    if (outcome !== 'kill') return outcome;
    this.delete(connection);
    return 'ignored';
  }

  #open(packet: Packet, tuple: Tuple, now: number): Verdict {
    packet.recording = undefined;
    const connection = new Connection();
    if (tuple.protocol === PROTO_TCP) {
      connection.tcp = openTcp(this.#segment, this.#freshSettings());
      if (connection.tcp === undefined) return this.#invalid();
      followTcp(connection, this.#segment, false, this.#freshSettings());
    } else if (tuple.protocol === PROTO_SCTP) {
      connection.sctp = openSctp(packet);
      if (connection.sctp === undefined || followSctp(connection, packet, false) === 'invalid')
        return this.#invalid();
    } else if (isIcmp(tuple.protocol) && !isIcmpQuery(tuple.protocol, packet.bytes[packet.l4]!)) {
      return this.#invalid();
    }
    connection.original.set(tuple);
    invertTuple(tuple, connection.reply);
    connection.createdAt = now;
    packet.connection = connection;
    packet.ctInfo = CT_NEW;
    this.#refresh(connection, now);
    return NF_ACCEPT;
  }

  /**
   * An ICMP error belongs to the connection of the packet it quotes: the quoted tuple, inverted, is one of that
   * connection's, and tells the direction in which the error itself travels (icmp_error_message).
   */
  #trackError(packet: Packet): Verdict {
    const { bytes, end } = packet;
    const inner = packet.l4 + ICMP_HEADER;
    const quoted = quotedTransport(packet, inner);
    if (quoted === undefined || !readTuple(this.#inner, bytes, inner, { ...quoted, end }))
      return this.#invalid();
    invertTuple(this.#inner, this.#inner);
    const node = this.#table.find(this.#inner);
    if (!node || node.connection.expiresAt <= this.#ns.softirq.now) return this.#invalid();
    packet.connection = node.connection;
    packet.ctReply = node.isReply;
    packet.ctInfo = CT_RELATED;
    return NF_ACCEPT;
  }

  #refresh(connection: Connection, now: number): void {
    const settings = this.#freshSettings();
    switch (connection.protocol) {
      case PROTO_TCP:
        connection.expiresAt = now + tcpTimeout(connection, settings);
        return;
      case PROTO_UDP: {
        const stream = isStream(connection, now);
        if (stream) connection.status |= IPS_ASSURED;
        connection.expiresAt = now + (stream ? settings.udpStream : settings.udp);
        return;
      }
      case PROTO_SCTP:
        connection.expiresAt = now + settings.sctp[connection.sctp!.state]!;
        return;
      case PROTO_ICMP:
        connection.expiresAt = now + settings.icmp;
        return;
      case PROTO_ICMPV6:
        connection.expiresAt = now + settings.icmp6;
        return;
      default:
        connection.expiresAt = now + settings.generic;
    }
  }

  #freshSettings(): TrackingSettings {
    if (this.#settings.generation !== this.#ns.sysctl.generation)
      this.#settings = readTrackingSettings(this.#ns);
    return this.#settings;
  }

  /** __nf_conntrack_confirm: the first packet got through, so the connection exists. */
  confirm(packet: Packet): Verdict {
    const { connection } = packet;
    if (connection === undefined || (connection.status & (IPS_CONFIRMED | IPS_DYING)) !== 0) return NF_ACCEPT;
    if (packet.ctInfo !== CT_NEW) return NF_ACCEPT;
    if (this.isTaken(connection.original, connection) || this.isTaken(connection.reply, connection)) {
      this.stats.insertFailed++;
      this.#ns.drop(packet, 'CONNTRACK_CLASH');
      return NF_DROP;
    }
    if (this.count >= this.#settings.max && !this.#earlyDrop()) {
      this.stats.drop++;
      this.#ns.drop(packet, 'CONNTRACK_FULL');
      return NF_DROP;
    }
    connection.status |= IPS_CONFIRMED;
    this.#table.add(connection);
    this.stats.insert++;
    this.#gcTimer ??= this.#ns.clock.setTimeout(this.#collect, GC_MS);
    return NF_ACCEPT;
  }

  #earlyDrop(): boolean {
    const { connections } = this.#table;
    const start = this.#ns.rng.int(connections.length);
    const { now } = this.#ns.softirq;
    for (let i = 0; i < EARLY_DROP_SCAN; i++) {
      const victim = connections[(start + i) % connections.length]!;
      if (victim.expiresAt > now && (victim.status & IPS_ASSURED) !== 0) continue;
      this.delete(victim);
      this.stats.earlyDrop++;
      return true;
    }
    return false;
  }

  readonly #collect = (): void => {
    const { now } = this.#ns.softirq;
    const { connections } = this.#table;
    for (let i = connections.length - 1; i >= 0; i--) {
      if (connections[i]!.expiresAt <= now) this.delete(connections[i]!);
    }
    this.#gcTimer = connections.length > 0 ? this.#ns.clock.setTimeout(this.#collect, GC_MS) : undefined;
  };
}

const isIcmp = (protocol: number): boolean => protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;

/** Messages of a link's own life: groups, routers and neighbours (nf_conntrack_proto_icmpv6.c, noct_valid_new). */
const UNTRACKED_ICMP6: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/** Both have spoken, and not only at once (nf_conntrack_udp_packet). */
const isStream = ({ status, createdAt }: Connection, now: number): boolean =>
  (status & IPS_SEEN_REPLY) !== 0 && now - createdAt > UDP_STREAM_AFTER_MS;

const becomesStream = (connection: Connection, now: number): boolean =>
  connection.protocol === PROTO_UDP && (connection.status & IPS_ASSURED) === 0 && isStream(connection, now);
