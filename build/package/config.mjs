/**
 * electron-builder's configuration. Only the folder target: archives and installers need tools that it fetches from a
 * release site, and are made and signed on a release machine.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FuseV1Options } from '@electron/fuses'

/** Every switch that is burnt into the executable, with the value an installed Keyturn has. */
export const wantedFuses = [
  // No part of Keyturn runs as plain Node: nobody else may use its executable for that either.
  { builder: 'runAsNode', fuse: FuseV1Options.RunAsNode, on: false },
  { builder: 'enableCookieEncryption', fuse: FuseV1Options.EnableCookieEncryption, on: true },
  {
    builder: 'enableNodeOptionsEnvironmentVariable',
    fuse: FuseV1Options.EnableNodeOptionsEnvironmentVariable,
    on: false,
  },
  { builder: 'enableNodeCliInspectArguments', fuse: FuseV1Options.EnableNodeCliInspectArguments, on: false },
  {
    builder: 'enableEmbeddedAsarIntegrityValidation',
    fuse: FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
    on: true,
  },
  { builder: 'onlyLoadAppFromAsar', fuse: FuseV1Options.OnlyLoadAppFromAsar, on: true },
  {
    builder: 'loadBrowserProcessSpecificV8Snapshot',
    fuse: FuseV1Options.LoadBrowserProcessSpecificV8Snapshot,
    on: false,
  },
  {
    builder: 'grantFileProtocolExtraPrivileges',
    fuse: FuseV1Options.GrantFileProtocolExtraPrivileges,
    on: false,
  },
  // electron-builder does not know this one; it concerns speed only and keeps Electron's own value.
  { builder: null, fuse: FuseV1Options.WasmTrapHandlers, on: true },
]

/** @param {{ stage: string, output: string, electronDist: string, electronVersion: string }} places */
export const builderConfig = ({ stage, output, electronDist, electronVersion }) => ({
  appId: 'io.keyturn.desktop',
  productName: 'Keyturn',
  executableName: 'keyturn',
  directories: { app: stage, output },
  electronDist,
  electronVersion,
  electronLanguages: ['en-US'],
  asar: true,
  npmRebuild: false,
  buildDependenciesFromSource: false,
  nodeGypRebuild: false,
  publish: null,
  files: ['out/**', 'package.json', '!node_modules/pkcs11js/{src,includes}/**'],
  linux: { target: 'dir', category: 'System' },
  // Electron's own start page, which a packaged program has no use for and would fall back to.
  afterPack: ({ appOutDir }) => rmSync(join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
  electronFuses: Object.fromEntries(
    wantedFuses.flatMap(({ builder, on }) => (builder === null ? [] : [[builder, on]])),
  ),
})
