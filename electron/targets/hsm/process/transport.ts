import { readSync, writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { frameOf, frameReader } from '../../../platform/frames.ts'
import { createServer } from './serve.ts'

const answersDescriptor = 3

interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
}

const serveParent = (port: ParentPort): void => {
  const serve = createServer()
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', ({ data }) => {
    if (!(data instanceof Uint8Array)) return
    last = last.then(async () =>
      port.postMessage(await serve(Buffer.from(data.buffer, data.byteOffset, data.length))),
    )
    // A message that can't be read: nothing after it can be trusted.
    last.catch(() => process.exit(1))
  })
}

const serveDescriptors = async (entry: string): Promise<void> => {
  new Worker(entry).unref()
  const serve = createServer()
  const waiting: Buffer[] = []
  const read = frameReader((frame) => void waiting.push(frame))
  const room = Buffer.alloc(65_536)
  for (;;) {
    const frame = waiting.shift()
    if (frame !== undefined) {
      const reply = await serve(frame)
      writeAll(frameOf(reply))
      reply.fill(0)
      continue
    }
    const length = readSome(room)
    if (length === 0) return process.exit(0)
    read(room.subarray(0, length))
  }
}

/** 0: the program closed its end. */
const readSome = (room: Buffer): number => {
  for (;;) {
    try {
      return readSync(0, room)
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw thrown
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

const writeAll = (frame: Buffer): void => {
  let at = 0
  while (at < frame.length) {
    try {
      at += writeSync(answersDescriptor, frame, at)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
  frame.fill(0)
}

/** `entry`: the file that runs as the watching thread. Ends only with the process. */
export const begin = async (entry: string): Promise<void> => {
  const { parentPort } = process as { parentPort?: ParentPort }
  if (parentPort) serveParent(parentPort)
  else await serveDescriptors(entry)
}
