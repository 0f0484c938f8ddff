import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, PEER_CORE, startProgram, untilAnswers } from '../process/index.ts'
import type { StartPeer } from './peer.ts'

/** A plain proxy in C: what forwarding costs at the least. Checks nothing. */
export const startNginx: StartPeer = async (rig) => {
  if (spawnSync('nginx', ['-v']).status !== 0) return { name: 'nginx', absent: 'nginx is not installed' }
  const port = await freePort()
  const folder = join(rig.folder, 'nginx')
  await mkdir(folder)
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, port, rig.upstream.port))
  const child = rig.adopt(startProgram(PEER_CORE, ['nginx', '-p', folder, '-e', 'error.log', '-c', file]))
  await untilAnswers(child, port)
  const keys = await rig.writeKeys('nginx.key', ['nobody-reads-this-key'])
  return { name: 'nginx', target: { port, path: '/mcp', keys }, pid: child.pid }
}

/** Without a master: the one worker is the process itself, whose CPU time and end are then ours to see. */
function configuration(folder: string, port: number, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events { worker_connections 4096; }
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      access_log off;
      keepalive_requests 1000000000;
      upstream mcp { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / { proxy_pass http://mcp; proxy_http_version 1.1; proxy_set_header Connection ""; }
      }
    }`
}
