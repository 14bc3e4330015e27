const FLAGS: Readonly<Record<string, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' };

/** Those of the real servers named `-t IP:PORT IP:PORT` that have no connection, by what `ipvsadm -L -n` prints. */
export function idleServers(servers: Iterable<string>, listed: string): readonly string[] {
  const busy = new Set<string>();
  let service = '';
  for (const line of listed.split('\n')) {
    const [, protocol, address] = /^(TCP|UDP|SCTP) +(\S+) /.exec(line) ?? [];
    if (protocol && address) service = `${FLAGS[protocol]} ${address}`;
    const [, server, active, inactive] = /^ {2}-> (\S+) +Masq +\d+ +(\d+) +(\d+)/.exec(line) ?? [];
    if (server && Number(active) + Number(inactive) > 0) busy.add(`${service} ${server}`);
  }
  return [...servers].filter((each) => !busy.has(each));
}
