/**
 * Redirect URIs with a scheme of an application's own that clients in the field are known to use. Whole URIs: a scheme
 * is nobody's property, so it is the application that the operating system hands it to that counts, and only what that
 * application is known to expect. Most clients need none of this: Claude, ChatGPT and VS Code use https or loopback.
 *
 * Left out, because a part of the URI differs from server to server: Cline (`vscode://saoudrizwan.claude-dev/…/<hash>`),
 * Raycast (`raycast://oauth?package_name=…`), Cursor before 1.0. The operator can name those that are wanted.
 */
export const KNOWN_REDIRECTS: readonly string[] = [
  'claude://claude.ai/mcp-auth-callback/sdk', // Claude's desktop application for code sessions
  'cursor://anysphere.cursor-mcp/oauth/callback', // Cursor
  'warp://mcp/oauth2callback', // Warp
]
