/**
 * What the gate is compared with, each a process of its own in front of the same cheap upstream.
 *
 *   direct        nothing in between               nginx         a plain proxy in C
 *   bare          the leanest forwarder in Node    express-sdk   how people guard a server today
 *   lean          bare, and the least any gate does
 *
 * And a real server with both transports, which speaks HTTP by itself, and stands as a stdio program behind the gate and
 * behind `bare-stdio`, the leanest front of such a program in Node.
 *
 * Owns how each is started and with which credential it is called; knows nothing of what is measured.
 */
export { startDirect } from './direct.ts'
export { everythingServer, startOwnHttp } from './everything.ts'
export {
  asPeer,
  configureGate,
  createKey,
  type GateHome,
  type GateSettings,
  type RunningGate,
  serve,
  startGate,
} from './gate.ts'
export { OAUTH, startGateOauth } from './gate-oauth.ts'
export { installPeers } from './install.ts'
export { startNginx } from './nginx.ts'
export type { Absent, Peer, StartPeer } from './peer.ts'
export { proveThatItChecks } from './proof.ts'
export { endSession, inSession } from './session.ts'
export { startBare, startBareStdio, startLean, WAYS } from './start-bare.ts'
export { startExpress } from './start-express.ts'
