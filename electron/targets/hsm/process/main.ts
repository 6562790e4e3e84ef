/**
 * Entry of a module's process: loads one PKCS#11 module and answers requests, one after another. Under Node the
 * main thread blocks, in reading as well as in the module; a second thread watches the descriptor that ends with the program,
 * because a module that hangs must not outlive it. Under Electron messages come by the parent's port, and the
 * process ends with its parent by itself.
 */
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

const lifeDescriptor = 4

/** SIGKILL to itself: a module that hangs in native code lets nothing else through. */
const watch = (): void => {
  const life = new Socket({ fd: lifeDescriptor, readable: true, writable: false })
  const end = (): void => void process.kill(process.pid, 'SIGKILL')
  life.on('end', end).on('close', end).on('error', end)
  life.resume()
}

if (isMainThread) {
  const { begin } = await import('./transport.ts')
  await begin(import.meta.filename)
} else watch()
