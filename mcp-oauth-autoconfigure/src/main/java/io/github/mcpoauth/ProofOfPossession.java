// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.util.List;
import java.util.function.Function;

/**
 * Proves that requests come from the owner of the key that an access token is bound to
 * (RFC 9449). It comes with the token, see {@link AccessToken#authorize}; code that sends
 * requests need not deal with it. Safe for any number of threads.
 */
public interface ProofOfPossession {

	/**
	 * Name of the header that a proof is sent in, and of the scheme that goes with it.
	 */
	String DPOP = "DPoP";

	/**
	 * Make a proof for one request. It is good for that request and that token only, and
	 * must not be sent twice: a request that is sent again needs another one. Signs,
	 * which takes a good part of a millisecond of CPU time, and does not block.
	 * @param method method of the request, in upper case
	 * @param url full address of the request; query and fragment do not become part of
	 * the proof
	 * @param accessToken the token that goes with it
	 * @return the proof, a signed JWT
	 */
	String proof(String method, URI url, Secret accessToken);

	/**
	 * Take note of the proof headers of a response with any status: its nonce goes into
	 * all further proofs for that origin.
	 * @param url address of the request
	 * @param status status of the answer
	 * @param headers gives the values of a header of the answer by its name, an empty
	 * list if absent
	 * @return {@code true} if the request was refused for nothing but its proof, and will
	 * probably be accepted with another one. It says nothing against the token
	 */
	boolean answered(URI url, int status, Function<String, List<String>> headers);

}
