/**
 * The embedded OAuth 2.1 authorization server: a person signs in, sees what a client asks for and says yes; the client
 * gets tokens that the guard next to it knows how to check.
 */
export {}
