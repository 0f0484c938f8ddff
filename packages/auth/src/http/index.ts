/** Answers of our own, and who may reach us by which name. Knows nothing of credentials or policy. */
export { Pieces, readAtMost } from './bytes.ts'
export { readOpenly } from './open-document.ts'
export { errorReply, type Reply, rpcErrorReply, rpcResultReply } from './reply.ts'
export { type VisitorRules, visitorRules } from './visitors.ts'
