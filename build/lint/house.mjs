/**
 * The rules of direction of DESIGN section 4, as one pure function: which file may import what. The ESLint rule beside
 * it only reports what this says. An area that is not in the table may import nothing of the house, so a new folder
 * has to be given a place here first.
 */

/** area → areas it may import, besides itself. First match wins, so deeper paths come first. */
const areas = [
  ['electron/shell', ['electron/ipc', 'electron/platform', 'electron/ports', 'shared']],
  [
    'electron/wizards',
    [
      'electron/engine/contract',
      'electron/escrow',
      'electron/ports',
      'electron/scripts',
      'electron/formats',
      'electron/platform',
      'shared',
    ],
  ],
  [
    'electron/engine',
    ['electron/ports', 'electron/record', 'electron/platform', 'electron/scripts', 'shared'],
  ],
  ['electron/targets', ['electron/ports', 'electron/scripts', 'electron/platform', 'shared']],
  ['electron/scripts', ['shared']],
  // Secrets in and out are in the one holder that can be wiped.
  ['electron/formats', ['electron/platform/secret-bytes', 'shared']],
  // Files of escrow and who opens them: knows no target, no job and no window.
  [
    'electron/escrow',
    [
      'electron/engine/canonical',
      'electron/formats',
      'electron/ports',
      'electron/platform',
      'electron/profile/json-file',
      'electron/record/signing',
      'shared',
    ],
  ],
  ['electron/keyring', ['electron/ports', 'electron/platform', 'shared']],
  // An independent witness: shares no code with what it checks.
  ['electron/record/offline', []],
  ['electron/record', ['electron/ports', 'electron/platform', 'shared']],
  [
    'electron/inventory',
    [
      'electron/ports',
      'electron/scripts',
      'electron/formats',
      'electron/platform',
      'electron/record',
      'shared',
    ],
  ],
  // Reads what jobs read, with their readers; knows no job.
  [
    'electron/doctor',
    [
      'electron/wizards/sqlserver',
      'electron/wizards/azure',
      'electron/ports',
      'electron/scripts',
      'electron/platform',
      'shared',
    ],
  ],
  ['electron/ports', ['electron/platform/secret-bytes', 'shared']],
  ['electron/platform', ['electron/ports', 'shared']],
  ['electron/profile', ['electron/ports', 'electron/platform', 'shared']],
  ['electron/ipc', ['electron', 'shared']],
  // Composition roots and what they share: they put everything together, so they may see everything of main.
  ['electron', ['electron', 'shared']],
  ['shared', []],
  ['renderer', ['shared']],
  ['sandbox', ['electron/platform', 'electron/ports', 'shared']],
  ['test', ['electron', 'shared', 'renderer', 'sandbox', 'build']],
  ['build', []],
]

/** Vendor libraries that only one place may know. */
const vendors = [
  ['electron', ['electron/shell/electron', 'electron/main.ts', 'test']],
  ['tedious', ['electron/targets/sqlserver', 'test', 'sandbox/conformance']],
  ['tarn', ['electron/targets/sqlserver']],
  ['@azure/keyvault-keys', ['electron/targets/keyvault', 'test']],
  ['@azure/storage-blob', ['electron/targets/storage', 'test']],
  ...[
    'identity',
    'logger',
    'arm-authorization',
    'arm-keyvault',
    'arm-locks',
    'arm-monitor',
    'arm-storage',
    'arm-resources',
    'arm-resources-subscriptions',
  ].map((name) => [`@azure/${name}`, ['electron/targets/azure', 'test']]),
  // What all of Azure's clients stand on; Graph and a vault's first question are asked with it alone.
  [
    '@azure/core-rest-pipeline',
    ['electron/targets/azure', 'electron/targets/keyvault', 'electron/targets/storage', 'test'],
  ],
  ['@noble/ciphers', ['electron/formats/aes-key-wrap', 'test']],
  // Native code that loads vendors' modules: only in a process of its own.
  ['pkcs11js', ['electron/targets/hsm/process', 'sandbox/hsm', 'test']],
  ['playwright-core', ['electron/shell/chromium', 'test']],
  // A witness of shares, never part of the program.
  ['slip39', ['test']],
  ['react', ['renderer', 'test']],
  ['react-dom', ['renderer', 'test']],
  ['zustand', ['renderer', 'test']],
]

/** Pure code: bytes or values in, bytes or values out. */
const pure = ['electron/scripts', 'electron/formats', 'shared']
const ioModules = new Set(
  [
    'fs',
    'fs/promises',
    'net',
    'tls',
    'http',
    'https',
    'dgram',
    'dns',
    'child_process',
    'os',
    'process',
    'worker_threads',
    'sqlite',
  ].map((name) => `node:${name}`),
)

/**
 * @param {string} from path of the importing file, relative to the root, with forward slashes
 * @param {string} target path of the imported file likewise, or the name of a package
 * @returns {string | null} why not, or null
 */
export const whyNot = (from, target) => {
  if (target.startsWith('node:')) return whyNotNode(from, target)
  if (isOfTheHouse(target)) return whyNotHouse(from, target)
  const vendor = vendors.find(([name]) => target === name || target.startsWith(`${name}/`))
  if (vendor && !vendor[1].some((place) => within(from, place))) {
    return `only ${vendor[1].join(', ')} may import ${vendor[0]}`
  }
  return null
}

const whyNotNode = (from, target) => {
  if (within(from, 'renderer')) return 'the window has no Node'
  if (pure.some((place) => within(from, place)) && ioModules.has(target)) {
    return `${areaOf(from)?.[0]} is pure: no ${target}`
  }
  if (within(from, 'shared')) return 'shared runs anywhere: no Node'
  return null
}

const whyNotHouse = (from, target) => {
  const area = areaOf(from)
  if (!area) return `${from} has no place in the house: add its folder to build/lint/house.mjs`
  if (isOtherJob(from, target))
    return 'a job may not import another job: what both need goes to electron/wizards/sqlserver, azure, escrow or hsm'
  if (within(target, area[0])) return null
  // What every shell imports of the program is its contract, not its parts.
  if (area[1].some((place) => within(target, place) || target === `${place}.ts`)) return null
  return `${area[0]} may not import ${target}`
}

/** Folders below `electron/wizards` that are no job: what jobs on one kind of system have in common. */
const shared = ['sqlserver', 'azure', 'escrow', 'hsm']

/** The folder of a job below `electron/wizards`; null for what the jobs share. */
const jobOf = (file) => {
  const [, job] = /^electron\/wizards\/([^/]+)\//.exec(file) ?? []
  return job === undefined || shared.includes(job) ? null : job
}
const isOtherJob = (from, target) =>
  within(from, 'electron/wizards') && jobOf(target) !== null && jobOf(from) !== jobOf(target)

const areaOf = (file) => areas.find(([name]) => within(file, name))
const isOfTheHouse = (target) =>
  ['electron/', 'shared/', 'renderer/', 'sandbox/', 'test/', 'build/'].some((top) => target.startsWith(top))
const within = (file, place) => file === place || file.startsWith(`${place}/`) || file === `${place}.ts`
