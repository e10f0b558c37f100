// Puts the cursor into the search box when its dialog opens; Enter opens the first hit of what stands in the box.
const boxes = new WeakMap()

// A hit on the screen that is open already is a button, on any other a link.
function firstHit(dialog) {
  return dialog.querySelector('[class*="st-key-row-found-"] :is(a, button)')
}

function openIfShown(box) {
  // Hits come a moment after the words they are for: an Enter that is too early waits for them.
  if (!box.wanted || box.input.value.trim() !== box.shown) return
  box.wanted = false
  firstHit(box.dialog)?.click()
}

export default function ({ data, parentElement }) {
  const dialog = parentElement.closest('[role="dialog"]')
  const input = dialog?.querySelector("input")
  if (!input) return
  let box = boxes.get(input)
  if (box === undefined) {
    box = { dialog, input, wanted: false, shown: "" }
    boxes.set(input, box)
    input.focus()
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return
      box.wanted = true
      openIfShown(box)
    })
  }
  box.shown = data?.text ?? ""
  // The links of this run are drawn after this component.
  setTimeout(() => openIfShown(box), 50)
}
