import { ANY_IPV4 } from '../netstack/ipv4.ts';
import { type Image, untilTerminated } from './image.ts';

/**
 * Stands for an image whose program podwire does not have: it listens on the ports that the container
 * declares, answers TCP with one line and closes, returns UDP as it came, and says all this in its log.
 */
export const unknownImage =
  (reference: string): Image =>
  async (context) => {
    const { sockets, ports, log, pod } = context;
    log(`podwire has no program for image ${reference}; it stands in for it`);
    for (const { containerPort: port, protocol } of ports) {
      if (protocol === 'TCP') {
        sockets.listen({ address: ANY_IPV4, port }, (socket) => {
          socket.write(Buffer.from(`${pod.name} (stand-in for ${reference})\n`));
          socket.end();
        });
      } else if (protocol === 'UDP') {
        const socket = sockets.bindUdp({ address: ANY_IPV4, port });
        socket.onMessage = (payload, from, local) => socket.send(payload, from, local);
      } else {
        log(`podwire does not speak ${protocol}: nothing listens on its port ${port}`);
        continue;
      }
      log(`listening on ${protocol} port ${port}`);
    }
    if (ports.length === 0) log('the container declares no port: nothing listens');
    await untilTerminated(context);
    return 0;
  };
