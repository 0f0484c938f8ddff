/** What a person is asked on the way of an authorization: to sign in, then to consent. */
export { type InteractionNeeds, interactionPages } from './interaction.ts'
