// A backend as a team would write it: JSON, streams, server-sent events, trailers.
'use strict';
const http = require('node:http');

const routes = {
  async '/echo'(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({
      method: request.method, url: request.url, headers: request.headers, size: body.length, trailers: request.trailers,
      port: request.socket.remotePort,
    }));
  },
  '/mirror'(request, response) {
    request.pipe(response);
  },
  '/events'(request, response) {
    response.setHeader('content-type', 'text/event-stream');
    let number = 0;
    const timer = setInterval(() => {
      response.write(`data: ${++number}\n\n`);
      if (number === 5) {
        clearInterval(timer);
        response.end();
      }
    }, 10);
  },
  '/trailers'(request, response) {
    response.setHeader('trailer', 'x-sum');
    response.write('body');
    response.addTrailers({'x-sum': '4'});
    response.end();
  },
  '/hints'(request, response) {
    response.writeEarlyHints({link: '</style.css>; rel=preload; as=style'});
    response.end('hinted');
  },
  '/crash'(request) {
    request.socket.destroy();
  },
};

const server = http.createServer((request, response) => {
  const handle = routes[new URL(request.url, 'http://x').pathname];
  if (handle) return handle(request, response);
  response.statusCode = 404;
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
