/**
 * The token endpoint beyond the engine: what is spent and issued happens in one step, refreshing survives honest clients,
 * and access tokens that are JWTs can be introspected and ended.
 */
export { type AccessTokenNeeds, accessTokens } from './access-tokens.ts'
export { Keepsakes } from './keepsake.ts'
export { type Redeemer, type RedeemNeeds, redeemer } from './redeem.ts'
export { StepUps } from './step-ups.ts'
