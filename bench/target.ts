import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * A process of its own that answers whatever comes with a small 200, as cheaply as Node can: what is measured is who
 * asks. Prints its port, and stays until its input ends.
 */
const HEAD_END = '\r\n\r\n';
const KEPT = answer('keep-alive');
const CLOSED = answer('close');

const server = createServer({ noDelay: true }, (socket) => {
  socket.setEncoding('latin1');
  let head = '';
  socket.on('data', (text: string) => {
    head += text;
    for (let end = head.indexOf(HEAD_END); end >= 0; end = head.indexOf(HEAD_END)) {
      const isLast = /connection: close/i.test(head.slice(0, end));
      head = head.slice(end + HEAD_END.length);
      if (isLast) socket.end(CLOSED);
      else socket.write(KEPT);
    }
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));

function answer(connection: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: ${connection}\r\n\r\nok`;
}
