import { interactionPolicy as engine } from 'oidc-provider'

/** When a person is asked: to sign in, and to consent each time unless the client can prove who it is. */
export function interactionPolicy() {
  const policy = engine.base()
  return policy
}
