import { errorReply, type Reply } from './reply.ts'

const NOT_READ = errorReply(405, 'method_not_allowed', 'This document can only be read.', ['allow', 'GET, HEAD'])

/** Clients in a browser say which revision they speak, and ask first whether they may. */
const PREFLIGHT: Reply = {
  status: 204,
  headers: [
    ...['access-control-allow-origin', '*', 'access-control-allow-methods', 'GET'],
    ...['access-control-allow-headers', 'mcp-protocol-version', 'access-control-max-age', '86400'],
  ],
  body: '',
}

/** A document for anyone, pages of every origin included. */
export function readOpenly(method: string | undefined, document: Reply): Reply {
  if (method === 'GET' || method === 'HEAD') return document
  return method === 'OPTIONS' ? PREFLIGHT : NOT_READ
}
