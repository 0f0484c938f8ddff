import { interactionPolicy as engine } from 'oidc-provider'
import { isRemembered } from './grants.ts'

const { Check } = engine

/**
 * When a person is asked: to sign in unless a live account is, and to consent each time unless consent is remembered for
 * exactly this (requirements AS-59). The engine's own rule asks by the `application_type` that a client gives itself;
 * ours asks everybody whom nothing excuses, so it does not matter what they call themselves.
 */
export function interactionPolicy() {
  const policy = engine.base()
  policy
    .get('login')
    ?.checks.add(
      new Check(
        'account_gone',
        'the account is not there any more',
        ({ oidc }) => oidc.session?.accountId !== undefined && oidc.account === undefined,
      ),
    )
  const consent = policy.get('consent')
  consent?.checks.remove('native_client_prompt')
  consent?.checks.add(
    new Check(
      'consent_not_remembered',
      'the person has to be asked',
      'interaction_required',
      (ctx) => ctx.oidc.result?.consent === undefined && !isRemembered(ctx),
    ),
  )
  return policy
}
