import { requestPath } from '../sockets/request-path.ts';
import { type Image, type ProcessContext, untilTerminated } from './image.ts';
import { listenAddress, tcpPort } from './listen-address.ts';

interface Site {
  readonly server: string;
  /** Where the image looks for files, so that a mounted volume is served. */
  readonly root: string;
  readonly frontPage: string;
  readonly notFound: string;
}

const page = (title: string, text: string): string =>
  `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1><p>${text}</p></body>\n</html>\n`;

const site =
  ({ server, root, frontPage, notFound }: Site): Image =>
  async (context) => {
    const port = tcpPort(context, 80);
    context.sockets.serveHttp({ address: listenAddress(context), port }, (request, response) => {
      const { path } = requestPath(request);
      const found = fileAt(context, root, path) ?? (path === '/' ? frontPage : undefined);
      const status = found === undefined ? 404 : 200;
      const body = found ?? notFound;
      response.writeHead(status, {
        server,
        'content-type': 'text/html',
        'content-length': Buffer.byteLength(body),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
      context.log(`${request.socket.remoteAddress} "${request.method} ${path}" ${status} ${body.length}`);
    });
    await untilTerminated(context);
    return 0;
  };

function fileAt({ files }: ProcessContext, root: string, path: string): string | undefined {
  return files.get(root + (path.endsWith('/') ? `${path}index.html` : path));
}

/** nginx's front page on port 80. */
export const nginx: Image = site({
  server: 'nginx',
  root: '/usr/share/nginx/html',
  frontPage: page('Welcome to nginx!', 'The web server runs in a simulated container.'),
  notFound: page('404 Not Found', 'nginx'),
});

/** Apache httpd's front page on port 80. */
export const httpd: Image = site({
  server: 'Apache',
  root: '/usr/local/apache2/htdocs',
  frontPage: '<html><body><h1>It works!</h1></body></html>\n',
  notFound: page('404 Not Found', 'The requested URL was not found on this server.'),
});
