package custody

// one demands exactly one actor, in role, with a credential.
func one(r Record, role Role) (Actor, error) {
	if len(r.Actors) != 1 || r.Actors[0].Role != role {
		return Actor{}, refuse(KeyActors, "", "%s needs exactly one %s", r.Kind, role)
	}
	a := r.Actors[0]
	if a.Person == "" || a.Credential == "" {
		return Actor{}, refuse(KeyActors, "", "%s: actor without person or credential", r.Kind)
	}
	return a, nil
}

// someone demands at least one named actor.
func someone(r Record) error {
	if len(r.Actors) == 0 || r.Actors[0].Person == "" {
		return refuse(KeyActors, "", "%s needs a person", r.Kind)
	}
	return nil
}

// two demands exactly two actors who are different persons with different
// credentials.
func two(r Record) error {
	if len(r.Actors) != 2 {
		return refuse(KeyActors, "", "%s needs exactly two persons", r.Kind)
	}
	a, b := r.Actors[0], r.Actors[1]
	if a.Person == "" || b.Person == "" || a.Credential == "" || b.Credential == "" {
		return refuse(KeyActors, "", "%s: actor without person or credential", r.Kind)
	}
	return distinct(a, b)
}

func distinct(a, b Actor) error {
	if a.Person == b.Person {
		return refuse(KeySamePerson, "", "%s", a.Person)
	}
	if a.Credential == b.Credential {
		return refuse(KeySameCredential, "", "%s and %s", a.Person, b.Person)
	}
	return nil
}

// team demands destroyer and attestor, and gives them in this order.
func team(r Record) (destroyer, attestor Actor, err error) {
	if err := two(r); err != nil {
		return Actor{}, Actor{}, err
	}
	a, b := r.Actors[0], r.Actors[1]
	if a.Role == RoleAttestor {
		a, b = b, a
	}
	if a.Role != RoleDestroyer || b.Role != RoleAttestor {
		return Actor{}, Actor{}, refuse(KeyActors, "", "%s needs a destroyer and an attestor", r.Kind)
	}
	return a, b, nil
}

// counters demands a counter and a second counter who are different persons.
// Other actors, such as who explains a difference, may stand beside them.
func counters(r Record) ([]string, error) {
	var first, second *Actor
	for i, a := range r.Actors {
		switch {
		case a.Role == RoleCounter && first == nil:
			first = &r.Actors[i]
		case a.Role == RoleRecounter && second == nil:
			second = &r.Actors[i]
		case a.Role == RoleCounter || a.Role == RoleRecounter:
			return nil, refuse(KeyActors, "", "%s names %s twice", r.Kind, a.Role)
		}
	}
	if first == nil || second == nil || first.Person == "" || second.Person == "" {
		return nil, refuse(KeyActors, "", "%s needs a counter and a second counter", r.Kind)
	}
	if first.Person == second.Person {
		return nil, refuse(KeySamePerson, "", "%s", first.Person)
	}
	if first.Credential != "" && first.Credential == second.Credential {
		return nil, refuse(KeySameCredential, "", "%s and %s", first.Person, second.Person)
	}
	return []string{first.Person, second.Person}, nil
}

// explained demands that somebody explains by name.
func explained(r Record) error {
	for _, a := range r.Actors {
		if a.Role == RoleExplaining && a.Person != "" {
			return nil
		}
	}
	return refuse(KeyActors, "", "%s needs somebody who explains it", r.Kind)
}

// person demands exactly one named actor, in whatever role.
func person(r Record) (Actor, error) {
	if len(r.Actors) != 1 || r.Actors[0].Person == "" {
		return Actor{}, refuse(KeyActors, "", "%s needs exactly one person", r.Kind)
	}
	return r.Actors[0], nil
}

// either demands exactly one actor with a credential, in one of the roles.
func either(r Record, roles ...Role) (Actor, error) {
	for _, role := range roles {
		if len(r.Actors) == 1 && r.Actors[0].Role == role {
			return one(r, role)
		}
	}
	return Actor{}, refuse(KeyActors, "", "%s needs exactly one of %v", r.Kind, roles)
}

// custodian demands a keeper or a secrecy officer; officer says which.
func custodian(r Record) (a Actor, officer bool, err error) {
	a, err = either(r, RoleKeeper, RoleSecrecy)
	return a, a.Role == RoleSecrecy, err
}
