/// What becomes of the store's answers.
extension Worker where Kernel: ~Copyable {
    /// Takes an answer, or the news that none will come; the integers are in `store.reply`.
    ///
    /// Called once for each call that was taken, and never while one is being taken.
    mutating func storeAnswered(_ asker: StoreAsker, _ answer: StoreAnswer) {
        switch asker {
        case .exchange(let index, let entries): limitsAnswered(index, entries, answer)
        case .debt: debtAnswered(answer)
        case .delivery(let index): claimAnswered(index, answer)
        case .replayNote(let index): replayNoteAnswered(index, answer)
        case .forgetting(let number): forgettingAnswered(number, answer)
        case .settlement, .trial: break
        }
    }

    /// The store can be asked again after a while in which it could not.
    mutating func storeCameBack() {
        payDebts()
        tellOwedReplays()
    }
}
