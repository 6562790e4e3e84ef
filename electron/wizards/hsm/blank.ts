import { asTargetId } from '../../../shared/model/ids.ts'
import type { TokenFacts } from './facts-model.ts'

/** For a preview before any token was read. */
export const blankToken: TokenFacts = {
  target: { id: asTargetId(''), kind: 'hsm', name: '‹token›', environment: 'production' },
  identity: { serial: '', manufacturer: '', model: '' },
  readAt: '1970-01-01T00:00:00.000Z',
  token: {
    label: '‹token›',
    serial: '',
    manufacturer: '',
    model: '',
    hardware: '',
    firmware: '',
    initialised: true,
    pin: 'ok',
    officerPin: 'ok',
    loginRequired: true,
    pinPad: false,
    writeProtected: false,
    shortestPin: null,
    longestPin: null,
  },
  keptPin: null,
}
