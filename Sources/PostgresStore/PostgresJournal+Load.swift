package import Domain
package import Ports
internal import Primitives
internal import Reactor

/// Reading. A load is one round trip: the session's row or tombstone, its newest checkpoint, the records after that,
/// its newest answers and its open reply, all at one moment (repeatable read).
extension PostgresJournal {
    package func load(
        _ address: SessionAddress, _ completion: @escaping (Result<LoadedSession, StoreFailure>) -> Void
    ) {
        loop.preconditionOnLoop()
        // A flush of this very session may be about to appear: what is read now could be one event short.
        if isUnsettled { return loop.afterwards { completion(.failure(.unavailable)) } }
        var batch = PostgresBatch()
        batch.add(JournalStatements.loadSession, Self.parameters(address))
        batch.add(JournalStatements.loadCheckpoint, Self.parameters(address, 0))
        batch.add(JournalStatements.loadTail, Self.parameters(address, configuration.loadPageRecords))
        batch.add(JournalStatements.loadAnswers, Self.parameters(address, loadedAnswerLimit))
        batch.add(JournalStatements.loadOpenReply, Self.parameters(address))
        pool.run(batch) { [self] outcome in
            finish(outcome, completion) { results throws(PostgresDecodingFailure) in
                guard results.count == 5 else { throw PostgresDecodingFailure() }
                try self.receive(LoadResults(results), of: address, completion)
            }
        }
    }

    package func records(
        of stream: StreamIdentity, after offset: Int64, limit: Int,
        _ completion: @escaping (Result<[LogRecord], StoreFailure>) -> Void
    ) {
        loop.preconditionOnLoop()
        let parameters = Self.parameters(stream, after: offset, limit: limit)
        pool.run(PostgresBatch(JournalStatements.records, parameters)) { [self] outcome in
            finish(outcome, completion) { results throws(PostgresDecodingFailure) in
                completion(.success(try LoadResults.records(results.first)))
            }
        }
    }

    package func answer(
        of stream: StreamIdentity, key: String, _ completion: @escaping (Result<StoredAnswer?, StoreFailure>) -> Void
    ) {
        loop.preconditionOnLoop()
        var parameters = PostgresParameters()
        parameters.add(stream.id)
        parameters.add(Array(key.utf8))
        pool.run(PostgresBatch(JournalStatements.answer, parameters)) { [self] outcome in
            finish(outcome, completion) { results throws(PostgresDecodingFailure) in
                completion(.success(try LoadResults.answers(results.first).first))
            }
        }
    }

    package func letters(
        after place: LetterPlace?, limit: Int, _ completion: @escaping (Result<LetterPage, StoreFailure>) -> Void
    ) {
        loop.preconditionOnLoop()
        let place = place ?? LetterPlace(stream: 0, offset: 0, index: 0)
        let limit = Int32(clamping: max(1, limit))
        var parameters = PostgresParameters()
        parameters.add(place.stream)
        parameters.add(place.offset)
        parameters.add(place.index)
        parameters.add(limit)
        pool.run(PostgresBatch(JournalStatements.letters, parameters)) { [self] outcome in
            finish(outcome, completion) { results throws(PostgresDecodingFailure) in
                completion(.success(try LoadResults.letters(results.first, limit: Int(limit))))
            }
        }
    }

    package func removeLetters(_ places: [LetterPlace], _ completion: @escaping (StoreFailure?) -> Void) {
        loop.preconditionOnLoop()
        var parameters = PostgresParameters()
        parameters.add(places.map(\.stream))
        parameters.add(places.map(\.offset))
        parameters.add(places.map(\.index))
        pool.run(PostgresBatch(JournalStatements.removeLetters, parameters)) { outcome in
            switch outcome {
            case .success: completion(nil)
            case .failure(let failure): completion(failure.forRead)
            }
        }
    }

    package func unfinishedSessions(
        limit: Int, _ completion: @escaping (Result<[SessionAddress], StoreFailure>) -> Void
    ) {
        loop.preconditionOnLoop()
        var parameters = PostgresParameters()
        parameters.add(Int32(clamping: max(0, limit)))
        pool.run(PostgresBatch(JournalStatements.unfinishedSessions, parameters)) { [self] outcome in
            finish(outcome, completion) { results throws(PostgresDecodingFailure) in
                completion(.success(try LoadResults.addresses(results.first)))
            }
        }
    }

    // MARK: The steps of a load

    private func receive(
        _ results: LoadResults, of address: SessionAddress,
        _ completion: @escaping (Result<LoadedSession, StoreFailure>) -> Void
    ) throws(PostgresDecodingFailure) {
        switch try results.session(newEpoch: newEpoch) {
        case .absent(let identity): completion(.success(.absent(identity: identity)))
        case .erased(let offset, let keyDigest): completion(.success(.erased(offset: offset, keyDigest: keyDigest)))
        case .present(let stream):
            let load = SessionLoad(
                address: address, stream: stream, answers: try results.answers(), openReply: try results.openReply(),
                completion: completion)
            switch try results.checkpoint() {
            case .none, .sound: try readOn(load, checkpoint: results.checkpoint().row, tail: results.tail())
            case .damaged: readOlderCheckpoint(load)
            }
        }
    }

    /// The newest checkpoint is damaged: the older one, or the whole log, takes its place.
    private func readOlderCheckpoint(_ load: SessionLoad) {
        configuration.observe(.skippedCheckpoint)
        let batch = PostgresBatch(JournalStatements.loadCheckpoint, Self.parameters(load.address, 1))
        pool.run(batch) { [self] outcome in
            finish(outcome, load.completion) { results throws(PostgresDecodingFailure) in
                switch try LoadResults.checkpoint(results.first) {
                case .none, .damaged: self.readTail(load, checkpoint: nil, tail: [])
                case .sound(let row): self.readTail(load, checkpoint: row, tail: [])
                }
            }
        }
    }

    private func readTail(_ load: SessionLoad, checkpoint: CheckpointRow?, tail: [LogRecord]) {
        let after = tail.last?.offset ?? checkpoint?.offset ?? 0
        let parameters = Self.parameters(load.stream, after: after, limit: configuration.loadPageRecords)
        pool.run(PostgresBatch(JournalStatements.records, parameters)) { [self] outcome in
            finish(outcome, load.completion) { results throws(PostgresDecodingFailure) in
                let page = try LoadResults.records(results.first)
                try self.readOn(load, checkpoint: checkpoint, tail: page, behind: tail)
            }
        }
    }

    /// Ends the load, or reads another page when the last one was full.
    private func readOn(
        _ load: SessionLoad, checkpoint: CheckpointRow?, tail page: [LogRecord], behind earlier: [LogRecord] = []
    ) throws(PostgresDecodingFailure) {
        let tail = earlier + page
        if page.count >= configuration.loadPageRecords {
            guard tail.count < configuration.maxTailRecords else { throw PostgresDecodingFailure() }
            return readTail(load, checkpoint: checkpoint, tail: tail)
        }
        var expected = checkpoint?.offset ?? 0
        for record in tail {
            expected &+= 1
            // A gap in the log: nothing may be built on it.
            guard record.offset == expected else { throw PostgresDecodingFailure() }
        }
        load.completion(
            .success(
                .present(
                    StoredSession(
                        stream: load.stream, checkpoint: checkpoint, tail: tail, answers: load.answers,
                        openReply: load.openReply))))
    }

    // MARK: Common

    /// Decodes a success with `body`; anything else goes to `completion` as the failure that it is.
    private func finish<Value>(
        _ outcome: Result<[PostgresResult], PostgresFailure>,
        _ completion: (Result<Value, StoreFailure>) -> Void,
        _ body: ([PostgresResult]) throws(PostgresDecodingFailure) -> Void
    ) {
        switch outcome {
        case .failure(let failure): completion(.failure(failure.forRead))
        case .success(let results):
            do throws(PostgresDecodingFailure) { try body(results) } catch {
                configuration.observe(.foundCorruption)
                completion(.failure(.corrupt))
            }
        }
    }

    /// Eight random characters: epochs are compared, never ordered.
    private func newEpoch() -> String {
        Base64.encodeURLSafe(random.bytes(6))
    }

    private static func parameters(_ address: SessionAddress, _ number: Int? = nil) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(address.tenant)
        parameters.add(address.kind.rawValue)
        parameters.add(address.id)
        if let number { parameters.add(Int32(clamping: number)) }
        return parameters
    }

    private static func parameters(_ stream: StreamIdentity, after offset: Int64, limit: Int) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(stream.id)
        parameters.add(offset)
        parameters.add(Int32(clamping: max(0, limit)))
        return parameters
    }
}

/// What a load has so far when it needs more than one round trip.
private struct SessionLoad {
    let address: SessionAddress
    let stream: StreamIdentity
    let answers: [StoredAnswer]
    let openReply: OpenReplyRow?
    let completion: (Result<LoadedSession, StoreFailure>) -> Void
}
