/**
 * Variables that make Node or a library print, log keys, load code or sign in elsewhere, and settings of the
 * package manager that started us.
 */
const unwanted =
  /^(DEBUG|PWDEBUG|NODE_DEBUG|NODE_DEBUG_NATIVE|NODE_OPTIONS|SSLKEYLOGFILE|npm_.*|AZURE_LOG_LEVEL|AZURE_AUTHORITY_HOST|AZURE_REGIONAL_AUTHORITY_NAME)$/i

/**
 * Removes them from this process and so from every child it starts. Call it before anything else is imported that reads
 * them. Gives the names (never the values) that were there, sorted. Repeating it is harmless.
 */
export const scrubEnvironment = (environment: NodeJS.ProcessEnv = process.env): string[] => {
  const names = Object.keys(environment)
    .filter((name) => unwanted.test(name))
    .sort()
  for (const name of names) Reflect.deleteProperty(environment, name)
  return names
}

/** What a child needs to find its programs, home, temporary folder, language, clock zone, display and its computer's name. */
const allowed = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'LC_ALL', 'TZ'],
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'COMSPEC', 'WINDIR'],
  'COMPUTERNAME',
  ...[
    'XDG_DATA_HOME',
    'XDG_CONFIG_HOME',
    'XDG_CACHE_HOME',
    'XDG_RUNTIME_DIR',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'XAUTHORITY',
  ],
])

/** The allow-listed part of an environment: tokens, proxies with passwords and the like stay behind. */
export const childEnvironment = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && allowed.has(name.toUpperCase())) kept[name] = value
  }
  return kept
}
