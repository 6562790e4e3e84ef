import { SqlError, syntaxError } from '../errors.ts'
import type { Session } from '../session.ts'
import { cannotWrite } from '../statements/common.ts'
import { prepareUrl, urlDevice } from './devices.ts'
import { openBlob } from './blob-bytes.ts'
import { openBlockBlob } from './block-blob.ts'

const FIRST_VERSION = 16
const LARGEST_KEY = 1024 * 1024

function assertKnown({ instance }: Session): void {
  if (instance.majorVersion < FIRST_VERSION) throw syntaxError('URL', 1)
}

/** A new blob; whatever the service has against it is 15240, as for a file. Without a credential it is 3289. */
export async function writeKeyBlob(
  session: Session,
  url: string,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<void> {
  assertKnown(session)
  const device = urlDevice(session, url, undefined)
  try {
    await prepareUrl(device, false, signal)
    const sink = await openBlockBlob(device.client(), url, LARGEST_KEY, signal)
    try {
      await sink.append(bytes)
      await sink.commit()
    } finally {
      await sink.close()
    }
  } catch (error) {
    throw error instanceof SqlError ? cannotWrite(url) : error
  }
}

/** undefined when it can't be read for any reason. */
export async function readKeyBlob(
  session: Session,
  url: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  assertKnown(session)
  const device = urlDevice(session, url, undefined)
  try {
    const blob = await openBlob(device.client(), url, signal)
    try {
      return blob.size > LARGEST_KEY ? undefined : await blob.read(0, blob.size)
    } finally {
      await blob.close()
    }
  } catch (error) {
    if (error instanceof SqlError) return undefined
    throw error
  }
}
