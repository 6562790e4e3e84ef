/** Path of Electron's executable on this machine; null: not here. */
export function findElectron(): string | null
/** Path of an installed Chromium, Chrome or Edge; null: none. */
export function findBrowser(): string | null
/** One try to fetch Electron's binary; null: not fetched. */
export function fetchElectronOnce(): string | null
export function hasDisplay(): boolean
