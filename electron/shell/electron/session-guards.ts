import type { Session } from 'electron'
import { isOwnAddress } from './own-origin.ts'

type GuardedSession = Pick<
  Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setBluetoothPairingHandler'
  | 'setCertificateVerifyProc'
  | 'setSpellCheckerEnabled'
  | 'on'
> & { webRequest: Pick<Session['webRequest'], 'onBeforeRequest'> }

/** Chromium's own result code for "this certificate is not accepted". */
const refusedCertificate = -2

/**
 * The window reads its own pages and reaches nothing else: every answer to Chromium's questions is no. Traffic to
 * servers goes from main, which has rules of its own.
 */
export const guardSession = (session: GuardedSession, { packaged }: { packaged: boolean }): void => {
  session.webRequest.onBeforeRequest(({ url, resourceType }, decide) =>
    decide({ cancel: !mayLoad(url, resourceType, packaged) }),
  )
  session.setCertificateVerifyProc((_request, decide) => decide(refusedCertificate))
  session.setSpellCheckerEnabled(false)
  refusePermissions(session)
  session.on('will-download', (event) => event.preventDefault())
}

const mayLoad = (url: string, resourceType: string, packaged: boolean): boolean =>
  isOwnAddress(url) ||
  // The CSP allows pictures as data; scripts, styles and frames as data are refused by both.
  (resourceType === 'image' && url.startsWith('data:')) ||
  (!packaged && url.startsWith('devtools:'))

const refusePermissions = (session: GuardedSession): void => {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, decide) => decide(null))
  session.setBluetoothPairingHandler((_details, decide) => decide({ confirmed: false }))
  session.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault()
    choose(null)
  })
  session.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault()
    choose('')
  })
  session.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault()
    choose()
  })
}
