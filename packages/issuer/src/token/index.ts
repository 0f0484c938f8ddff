/**
 * The token endpoint beyond the engine: what is spent and issued happens in one step, refreshing survives honest clients,
 * access tokens that are JWTs can be introspected and ended, and who is refused too often waits, as does who refreshes too
 * often.
 */
export { type AccessTokenNeeds, accessTokens } from './access-tokens.ts'
export { Keepsakes } from './keepsake.ts'
export { type Redeemer, type RedeemNeeds, redeemer } from './redeem.ts'
export { boundRefreshes, type RefreshNeeds } from './refreshes.ts'
export { boundRefused, type RefusedNeeds } from './refused.ts'
export { StepUps } from './step-ups.ts'
