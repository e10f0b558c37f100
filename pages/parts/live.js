// Hears of what happens over Socket.IO and tells the page, which then reads it anew. The cookie says who listens.
const LIBRARY = "/assets/vendor/socket.io.min.js"
const GATHER_MS = 150
const STATES = {
  live: "Live",
  away: "Reconnecting…",
  refused: "Not live: reload to sign in again",
}

let loading
function library() {
  loading ??= new Promise((resolve, reject) => {
    if (window.io) return resolve(window.io)
    const script = document.createElement("script")
    script.src = LIBRARY
    script.onload = () => resolve(window.io)
    script.onerror = () => { loading = undefined; reject(new Error("the realtime library did not load")) }
    document.head.append(script)
  })
  return loading
}

const mounted = new WeakMap()

function show(mount, state) {
  mount.dot.dataset.state = state
  mount.dot.textContent = STATES[state]
}

function open(mount, io) {
  if (mount.gone) return
  const socket = io({ transports: ["websocket"] })
  mount.socket = socket
  // After each connection too: what was said before it, or while it was down, is read once.
  socket.on("connect", () => { show(mount, "live"); heard(mount) })
  socket.on("disconnect", () => show(mount, "away"))
  socket.on("connect_error", (error) => {
    const refused = ["unauthorized", "not_permitted"].includes(error.message)
    show(mount, refused ? "refused" : "away")
    if (refused) socket.disconnect()
  })
  socket.on("activity:new", () => heard(mount))
}

function heard(mount) {
  // A burst is one reading.
  mount.timer ??= setTimeout(() => { mount.timer = undefined; mount.tell("heard", Date.now()) }, GATHER_MS)
}

export default function (component) {
  const { parentElement, setTriggerValue } = component
  let mount = mounted.get(parentElement)
  if (mount === undefined) {
    mount = { dot: parentElement.querySelector("#live"), tell: setTriggerValue }
    mounted.set(parentElement, mount)
    show(mount, "away")
    library().then((io) => open(mount, io), () => show(mount, "away"))
  }
  mount.tell = setTriggerValue
  return () => {
    mount.gone = true
    clearTimeout(mount.timer)
    mount.socket?.disconnect()
    mounted.delete(parentElement)
  }
}
